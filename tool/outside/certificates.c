#include "outside/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include "base/array.h"

/* The fields of a TLSA record (RFC 6698 section 2.1). */
#define SELECTOR_KEY 1
#define MATCH_EXACT  0
#define MATCH_SHA256 1
#define MATCH_SHA512 2
#define FIELDS	     3

struct certificates {
	X509 **list;
	size_t count;
	size_t room;
};

static int add(struct certificates *all, X509 *certificate)
{
	X509 **list =
		array_grow(all->list, all->count, &all->room, sizeof *list);

	if (!list) {
		X509_free(certificate);
		return ERR_NOMEM;
	}
	all->list = list;
	all->list[all->count++] = certificate;
	return 0;
}

static int read_file(struct certificates *all, struct bytes name)
{
	char *path = strndup(name.data, name.len);
	BIO *file = path ? BIO_new_file(path, "r") : NULL;
	X509 *certificate;
	int result = path ? 0 : ERR_NOMEM;

	while (file && !result &&
		(certificate = PEM_read_bio_X509(file, NULL, NULL, NULL)))
		result = add(all, certificate);
	BIO_free(file);
	free(path);
	return result;
}

struct certificates *certificates_open(const struct postfix *postfix)
{
	static const char *const parameters[] = { "smtpd_tls_chain_files",
		"smtpd_tls_cert_file", "smtpd_tls_eccert_file",
		"smtpd_tls_dcert_file" };
	struct certificates *all = calloc(1, sizeof *all);

	for (size_t i = 0; all && i < sizeof parameters / sizeof *parameters;
		i++) {
		struct bytes rest =
			bytes_of(postfix_value(postfix, NULL, parameters[i]));

		while (rest.len) {
			size_t len = 0;

			while (len < rest.len && rest.data[len] &&
				!strchr(", \t\r\n", rest.data[len]))
				len++;
			if (len && read_file(all,
					   (struct bytes){ rest.data, len })) {
				certificates_close(all);
				return NULL;
			}
			len += len < rest.len;
			rest.data += len;
			rest.len -= len;
		}
	}
	return all;
}

void certificates_close(struct certificates *all)
{
	if (!all)
		return;
	for (size_t i = 0; i < all->count; i++)
		X509_free(all->list[i]);
	free(all->list);
	free(all);
}

static bool is_equal(const unsigned char *data, int len, struct bytes wanted)
{
	return len >= 0 && (size_t)len == wanted.len &&
	       !memcmp(data, wanted.data, wanted.len);
}

/* Compares the DER form of a certificate or of its key. */
static int compare(const unsigned char *der, int len, unsigned matching,
	struct bytes wanted)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned size = 0;

	if (matching == MATCH_EXACT)
		return is_equal(der, len, wanted);
	if (matching != MATCH_SHA256 && matching != MATCH_SHA512)
		return -1;
	if (!EVP_Digest(der, (size_t)len, digest, &size,
		    matching == MATCH_SHA256 ? EVP_sha256() : EVP_sha512(),
		    NULL))
		return -1;
	return is_equal(digest, (int)size, wanted);
}

static int match_one(X509 *certificate, struct bytes tlsa)
{
	struct bytes wanted = { tlsa.data + FIELDS, tlsa.len - FIELDS };
	unsigned char *der = NULL;
	int matches = -1;
	int len;

	if (tlsa.data[1] == SELECTOR_KEY)
		len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
	else
		len = i2d_X509(certificate, &der);
	if (len > 0)
		matches =
			compare(der, len, (unsigned char)tlsa.data[2], wanted);
	OPENSSL_free(der);
	return matches;
}

int certificates_match(const struct certificates *all, struct bytes tlsa)
{
	int matches = -1;

	if (!all || tlsa.len <= FIELDS)
		return -1;
	for (size_t i = 0; i < all->count && matches <= 0; i++) {
		/* Usages 1 and 3 are about the host's own certificate. */
		bool own = !(tlsa.data[0] & 1) ||
			   X509_check_ca(all->list[i]) == 0 || i == 0;

		matches = own		? match_one(all->list[i], tlsa)
			  : matches < 0 ? 0
					: matches;
	}
	return matches;
}
