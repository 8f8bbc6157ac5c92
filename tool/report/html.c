#include "report/html.h"

#include <inttypes.h>
#include <time.h>

#include "base/clock.h"
#include "base/precis.h"

#define PIECE	   256 /* bytes of a text that are shown at a time */
#define GROUP	   3   /* digits between commas */
#define NUMBER_MAX 24  /* digits of a uint64_t, NUL */
#define PER_DAY	   86400
#define YEAR_OF_TM 1900

/* Writes what is shown of a text, so that it means nothing in HTML. */
static void escape(FILE *file, const char *shown)
{
	for (; *shown; shown++)
		switch (*shown) {
		case '&':
			(void)fputs("&amp;", file);
			break;
		case '<':
			(void)fputs("&lt;", file);
			break;
		case '>':
			(void)fputs("&gt;", file);
			break;
		case '"':
			(void)fputs("&quot;", file);
			break;
		case '\'':
			(void)fputs("&#39;", file);
			break;
		default:
			(void)fputc(*shown, file);
		}
}

/* Writes a text of any length, some whole characters at a time. */
static void show(FILE *file, struct bytes text,
	size_t (*write)(struct bytes text, char *out, size_t size))
{
	char shown[PRECIS_SHOWN(PIECE)];

	while (text.len) {
		struct bytes piece = { text.data, 0 };

		while (piece.len < text.len) {
			size_t len = precis_character((struct bytes){
				text.data + piece.len, text.len - piece.len });

			len = len ? len : 1;
			if (piece.len + len > PIECE)
				break;
			piece.len += len;
		}
		(void)write(piece, shown, sizeof shown);
		escape(file, shown);
		text.data += piece.len;
		text.len -= piece.len;
	}
}

void html_text(FILE *file, struct bytes text)
{
	show(file, text, precis_show_text);
}

void html_name(FILE *file, struct bytes name)
{
	/* Left to right, or an address in a script that is written from the
	 * right would show its domain first. */
	(void)fputs("<bdi dir=\"ltr\">", file);
	show(file, name, precis_show);
	(void)fputs("</bdi>", file);
}

void html_number(FILE *file, uint64_t number)
{
	char digits[NUMBER_MAX];
	int len = snprintf(digits, sizeof digits, "%" PRIu64, number);

	for (int i = 0; i < len; i++) {
		if (i && (len - i) % GROUP == 0)
			(void)fputc(',', file);
		(void)fputc(digits[i], file);
	}
}

void html_count(FILE *file, uint64_t number, const char *one, const char *more)
{
	html_number(file, number);
	(void)fprintf(file, " %s", number == 1 ? one : more);
}

/* Writes "21 Nov 2026". */
static void put_date(FILE *file, const struct tm *utc)
{
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

	(void)fprintf(file, "%d %s %d", utc->tm_mday, months[utc->tm_mon],
		utc->tm_year + YEAR_OF_TM);
}

void html_time(FILE *file, int64_t seconds)
{
	time_t when = (time_t)seconds;
	char text[CLOCK_TEXT_MAX];
	struct tm utc;

	if (!seconds || !gmtime_r(&when, &utc)) {
		(void)fputs("never", file);
		return;
	}
	clock_text(seconds, text);
	(void)fprintf(file, "<time datetime=\"%s\">", text);
	put_date(file, &utc);
	(void)fprintf(file, ", %02d:%02d</time>", utc.tm_hour, utc.tm_min);
}

void html_date(FILE *file, int64_t seconds)
{
	char text[CLOCK_TEXT_MAX];

	if (!seconds) {
		(void)fputs("never", file);
		return;
	}
	clock_text(seconds, text);
	(void)fprintf(file, "<time datetime=\"%s\" title=\"%s\">", text, text);
	html_day(file, seconds / PER_DAY);
	(void)fputs("</time>", file);
}

void html_day(FILE *file, int64_t day)
{
	time_t when = (time_t)(day * PER_DAY);
	struct tm utc;

	if (gmtime_r(&when, &utc))
		put_date(file, &utc);
}
