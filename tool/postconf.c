#include "postconf.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "program.h"

#define OPTIONS_MAX 16 /* of one service that parameters of main.cf refer to   \
			*/
#define ASKED_MAX 64   /* services that have such options */

/* Returns the last line that is not empty. */
static struct bytes last_line(struct bytes text)
{
	struct bytes last = { "", 0 };

	while (text.len) {
		struct bytes line = bytes_cut(&text, '\n');

		if (line.len)
			last = line;
	}
	return last;
}

/* Sets the error to the last line that postconf printed on standard error. The
 * lines before it are warnings. */
static int explain(int words, const char *option, struct error *error)
{
	size_t len = 0;
	char *text = program_read_back(words, &len);
	struct bytes last = last_line((struct bytes){ text, text ? len : 0 });

	(void)error_set(error, ERR_CONFIG,
		"postconf %s cannot read the configuration of Postfix: %.*s",
		option, (int)(last.len < 400 ? last.len : 400), last.data);
	free(text);
	return ERR_CONFIG;
}

/* Reads the parameters of main.cf that nothing refers to. postconf -n leaves
 * them out, and names them on standard error: "postconf: warning:
 * /etc/postfix/main.cf: unused parameter: name=value". */
static int read_unused(int words, struct postfix *postfix, struct error *error)
{
	static const char mark[] = ": unused parameter: ";
	size_t len = 0;
	char *text = program_read_back(words, &len);
	struct bytes rest = { text, len };
	int result = 0;

	if (!text)
		return error_set_errno(error, "cannot read what postconf said");
	while (!result && rest.len) {
		struct bytes line = bytes_cut(&rest, '\n');
		const char *at =
			memmem(line.data, line.len, mark, strlen(mark));

		if (!at ||
			!memchr(at, '=', (size_t)(line.data + line.len - at)))
			continue;
		at += strlen(mark);
		line.len -= (size_t)(at - line.data);
		line.data = at;
		result = postfix_read_main(postfix, line, error);
	}
	free(text);
	return result;
}

/* Runs postconf and waits for its end. more are arguments in front of option,
 * up to NULL. free() *text, what it printed. unused gets the parameters that
 * nothing refers to; NULL: nobody wants them. */
static int run_with(const char *directory, const char *const *more,
	const char *option, char **text, size_t *len, struct postfix *unused,
	struct error *error)
{
	const char *arguments[8 + 2 * OPTIONS_MAX] = { "postconf" };
	char itself[PATH_MAX + 32];
	size_t count = 1;
	int output = memfd_create("postconf", MFD_CLOEXEC);
	int words = memfd_create("postconf", MFD_CLOEXEC);
	int status;
	int result = 0;

	*text = NULL;
	if (directory) {
		/* Postfix 3.10 takes $config_directory for its default,
		 * whatever -c says. */
		(void)snprintf(itself, sizeof itself, "config_directory=%s",
			directory);
		arguments[count++] = "-c";
		arguments[count++] = directory;
		arguments[count++] = "-o";
		arguments[count++] = itself;
	}
	while (*more)
		arguments[count++] = *more++;
	arguments[count] = option;
	status = program_run(arguments, -1, output, words);
	if (status < 0)
		result = error_set_errno(error, "cannot run postconf");
	else if (status == 127)
		result = error_set(error, ERR_CONFIG,
			"found no postconf in PATH and /usr/sbin: Postfix is "
			"not installed on this host");
	else if (status)
		result = explain(words, option, error);
	else if (!(*text = program_read_back(output, len)))
		result = error_set_errno(
			error, "cannot read what postconf printed");
	else if (unused)
		result = read_unused(words, unused, error);
	if (output >= 0)
		close(output);
	if (words >= 0)
		close(words);
	return result;
}

static int run(const char *directory, const char *option, char **text,
	size_t *len, struct postfix *unused, struct error *error)
{
	static const char *const none[] = { NULL };

	return run_with(directory, none, option, text, len, unused, error);
}

static int read_part(const char *directory, const char *option,
	int (*parse)(struct postfix *postfix, struct bytes text,
		struct error *error),
	struct postfix *postfix, struct error *error)
{
	size_t len = 0;
	char *text;
	int result = run(directory, option, &text, &len,
		!strcmp(option, "-n") ? postfix : NULL, error);

	if (!result)
		result = parse(postfix, (struct bytes){ text, len }, error);
	free(text);
	return result;
}

static int read_services(const char *directory, struct postfix *expanded,
	struct postfix *written, struct error *error)
{
	size_t len = 0;
	char *text;
	int result = run(directory, "-M", &text, &len, NULL, error);

	if (!result)
		result = postfix_read_services(
			expanded, (struct bytes){ text, len }, error);
	if (!result)
		result = postfix_read_services(
			written, (struct bytes){ text, len }, error);
	free(text);
	return result;
}

/* True if a parameter that main.cf sets refers to the name: $name, ${name},
 * $(name). */
static bool is_referred(const struct postfix *written, const char *name)
{
	size_t len = strlen(name);
	const char *value;

	for (size_t i = 0; (value = postfix_setting(written, i, NULL)); i++) {
		if (postfix_setting_service(written, i))
			continue;
		while ((value = strchr(value, '$'))) {
			value++;
			value += *value == '{' || *value == '(';
			if (!strncmp(value, name, len) &&
				!isalnum((unsigned char)value[len]) &&
				value[len] != '_')
				return true;
		}
	}
	return false;
}

/* Gathers "-o" and "name=value" for the options of a service to which main.cf
 * refers. Returns how many texts there are; free() every second one. */
static size_t gather_options(const struct postfix *written,
	const struct postfix_service *service, const char **options)
{
	const char *value;
	const char *name;
	size_t count = 0;

	for (size_t i = 0; count < 2 * OPTIONS_MAX &&
			   (value = postfix_setting(written, i, &name));
		i++) {
		char *text;

		if (postfix_setting_service(written, i) != service ||
			!is_referred(written, name) ||
			asprintf(&text, "%s=%s", name, value) < 0)
			continue;
		options[count++] = "-o";
		options[count++] = text;
	}
	options[count] = NULL;
	return count;
}

/* Has the service have what the parameters of main.cf are for it, where that is
 * something else. text: what postconf -x printed with its options. */
static int put_differing(struct postfix *expanded,
	const struct postfix *written, const struct postfix_service *service,
	struct bytes text, struct error *error)
{
	char *lines = NULL;
	size_t len = 0;
	FILE *file = open_memstream(&lines, &len);
	int result = file ? 0 : error_set(error, ERR_NOMEM, "out of memory");

	while (file && text.len) {
		struct bytes value = bytes_cut(&text, '\n');
		struct bytes left = bytes_cut(&value, '=');
		char name[256];

		left = bytes_trim(left, " ");
		value = bytes_trim(value, " ");
		(void)snprintf(
			name, sizeof name, "%.*s", (int)left.len, left.data);
		if (postfix_overrides(written, NULL, name) &&
			!postfix_overrides(expanded, service, name) &&
			!bytes_equal(value,
				bytes_of(postfix_value(expanded, NULL, name))))
			(void)fprintf(file, "%s/%s/%s = %.*s\n", service->name,
				service->type, name, (int)value.len,
				value.data);
	}
	if (file && fclose(file))
		result = error_set(error, ERR_NOMEM, "out of memory");
	else if (file)
		result = postfix_read_overrides(
			expanded, (struct bytes){ lines, len }, error);
	free(lines);
	return result;
}

/* A parameter of main.cf may refer to one that a service sets otherwise: its
 * programs put that in. postconf -P tells nothing of it. */
static int read_referred(const char *directory, struct postfix *expanded,
	const struct postfix *written, struct error *error)
{
	const struct postfix_service *own;
	size_t asked = 0;
	int result = 0;

	for (size_t i = 0; !result && asked < ASKED_MAX &&
			   (own = postfix_service(written, i));
		i++) {
		const struct postfix_service *service = postfix_find_service(
			expanded, bytes_of(own->name), bytes_of(own->type));
		const char *options[2 * OPTIONS_MAX + 1];
		size_t count = gather_options(written, own, options);
		char *text = NULL;
		size_t len = 0;

		if (count && service) {
			asked++;
			result = run_with(directory, options, "-x", &text, &len,
				NULL, error);
			if (!result && text)
				result = put_differing(expanded, written,
					service, (struct bytes){ text, len },
					error);
		}
		free(text);
		for (size_t k = 1; k < count; k += 2)
			free((char *)(uintptr_t)options[k]);
	}
	return result;
}

static int read_instance(const char *directory, struct postfix *expanded,
	struct postfix *written, struct error *error)
{
	int result =
		read_part(directory, "-x", postfix_read_main, expanded, error);

	if (!result)
		result = read_part(
			directory, "-n", postfix_read_main, written, error);
	if (!result)
		result = read_services(directory, expanded, written, error);
	if (!result)
		result = read_part(directory, "-Px", postfix_read_overrides,
			expanded, error);
	if (!result)
		result = read_part(directory, "-P", postfix_read_overrides,
			written, error);
	return result ? result
		      : read_referred(directory, expanded, written, error);
}

int postconf_read(const char *directory, struct postfix **expanded,
	struct postfix **written, struct error *error)
{
	int result;

	*expanded = postfix_open();
	*written = postfix_open();
	if (*expanded && *written)
		result = read_instance(directory, *expanded, *written, error);
	else
		result = error_set(error, ERR_NOMEM, "out of memory");
	if (result) {
		postfix_close(*expanded);
		postfix_close(*written);
		*expanded = *written = NULL;
	}
	return result;
}

/* Returns a file that holds the text and is read from its beginning, or -1. */
static int hold(struct bytes text)
{
	int fd = memfd_create("postmap", MFD_CLOEXEC);

	if (fd >= 0 && (file_write(fd, text.data, text.len) < 0 ||
			       lseek(fd, 0, SEEK_SET) < 0)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* True if postmap said that it could not ask the table. It ends with 1 if it
 * found nothing, too, and may warn of main.cf in any case. */
static bool has_failed(int words)
{
	static const char *const signs[] = {
		": fatal: ", ": error: ", ": panic: ", " is unavailable"
	};
	size_t len = 0;
	char *text = program_read_back(words, &len);
	bool failed = !text;

	for (size_t i = 0; text && i < sizeof signs / sizeof *signs; i++)
		failed = failed || strstr(text, signs[i]);
	free(text);
	return failed;
}

static int ask(void *context, const char *table, struct bytes keys,
	struct bytes *answers)
{
	struct postconf_tables *tables = context;
	const char *const arguments[] = { "postmap", "-c", tables->directory,
		"-q", "-", table, NULL };
	int input = hold(keys);
	int output = memfd_create("postmap", MFD_CLOEXEC);
	int words = memfd_create("postmap", MFD_CLOEXEC);
	int status =
		input < 0 ? -1 : program_run(arguments, input, output, words);
	int result = -1;

	free(tables->text);
	tables->text = NULL;
	if (!status || (status == 1 && !has_failed(words))) {
		tables->text = program_read_back(output, &answers->len);
		answers->data = tables->text;
		result = tables->text ? 0 : -1;
	}
	for (size_t i = 0; i < 3; i++) {
		int fd = (int[]){ input, output, words }[i];

		if (fd >= 0)
			close(fd);
	}
	return result;
}

static int read_file(void *context, const char *path, struct bytes *text)
{
	struct postconf_tables *tables = context;
	struct stat status;
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	free(tables->text);
	tables->text = NULL;
	if (fd >= 0 && !fstat(fd, &status) && S_ISREG(status.st_mode))
		tables->text = program_read_back(fd, &text->len);
	text->data = tables->text;
	if (fd >= 0)
		close(fd);
	return tables->text ? 0 : -1;
}

void postconf_open_tables(
	struct postconf_tables *tables, const char *directory, bool all)
{
	*tables = (struct postconf_tables){ .directory = directory };
	tables->postmap.ask = ask;
	tables->postmap.read = read_file;
	tables->postmap.context = tables;
	tables->postmap.all = all;
}

void postconf_close_tables(struct postconf_tables *tables)
{
	free(tables->text);
}

int postconf_read_defaults(struct postfix **defaults, struct error *error)
{
	int result;

	*defaults = postfix_open();
	if (!*defaults)
		return error_set(error, ERR_NOMEM, "out of memory");
	result = read_part(NULL, "-d", postfix_read_main, *defaults, error);
	if (result) {
		postfix_close(*defaults);
		*defaults = NULL;
	}
	return result;
}

int postconf_call(
	const char *const *arguments, char **said, struct error *error)
{
	/* With "maillog_file = /dev/stdout" and no postlogd, the program opens
	 * its output by name; since 3.10 it does not take a file without one.
	 */
	int output = said ? memfd_create(arguments[0], MFD_CLOEXEC)
			  : open("/dev/null", O_WRONLY | O_CLOEXEC);
	int words = memfd_create(arguments[0], MFD_CLOEXEC);
	int status = program_run(arguments, -1, output, words);
	size_t len = 0;
	char *text = NULL;
	int result = 0;

	if (status < 0) {
		result = error_set_errno(error, "cannot run %s", arguments[0]);
	} else if (status) {
		struct bytes last;

		text = program_read_back(words, &len);
		last = last_line((struct bytes){ text, text ? len : 0 });
		if (last.len)
			result = error_set(error, ERR_CONFIG, "%s failed: %.*s",
				arguments[0],
				(int)(last.len < 400 ? last.len : 400),
				last.data);
		else
			result = error_set(error, ERR_CONFIG,
				"%s failed with exit status %d; the log of "
				"Postfix may say why",
				arguments[0], status);
	} else if (said && !(*said = program_read_back(output, &len))) {
		result = error_set_errno(
			error, "cannot read what %s printed", arguments[0]);
	}
	free(text);
	if (output >= 0)
		close(output);
	if (words >= 0)
		close(words);
	return result;
}

int postconf_master(const struct postfix *expanded)
{
	char path[PATH_MAX];
	char text[32];
	ssize_t len = 0;
	int pid = 0;
	int fd;

	if (snprintf(path, sizeof path, "%s/pid/master.pid",
		    postfix_value(expanded, NULL, "queue_directory")) >=
		(int)sizeof path)
		return 0;
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return 0;
	/* master(8) holds a lock on its file while it runs. */
	if (flock(fd, LOCK_SH | LOCK_NB))
		len = read(fd, text, sizeof text - 1);
	close(fd);
	if (len > 0) {
		text[len] = '\0';
		pid = (int)strtol(text, NULL, 10);
	}
	return pid;
}
