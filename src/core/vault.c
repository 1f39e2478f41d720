/*
 * Sealing of webhook secrets with libcrypto.  Owns the master key while the
 * program runs; used by callhook-api (seal) and callhook-sender (unseal).
 * A sealed text is one version byte, a 12 byte nonce, the ciphertext and
 * the 16 byte tag.
 */
#include "config.h"

#include "core/vault.h"
#include "core/num.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FORMAT_VERSION 1
#define NONCE_LEN 12
#define TAG_LEN 16

struct vault {
	unsigned char key[VAULT_KEY_LEN];
};

static int
parse_key(const char *text, size_t len, unsigned char key[VAULT_KEY_LEN])
{
	while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		len--;
	if (len != 2 * VAULT_KEY_LEN)
		return ERR_SYNTAX;
	for (size_t i = 0; i < VAULT_KEY_LEN; i++) {
		int high = num_hex(text[2 * i]);
		int low = num_hex(text[2 * i + 1]);

		if (high < 0 || low < 0)
			return ERR_SYNTAX;
		key[i] = (unsigned char)(high << 4 | low);
	}
	return 0;
}

/* Bytes of the file, -1 and errno: it cannot be read. */
static ssize_t
read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), saved;
	ssize_t n;

	if (fd == -1)
		return -1;
	n = read(fd, text, size);
	saved = errno;
	close(fd);
	errno = saved;
	return n;
}

int
vault_open(const char *path, struct vault **out, struct buf *why)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	struct buf file = BUF_INIT(4096);
	char text[2 * VAULT_KEY_LEN + 3];
	struct vault *v;
	ssize_t n = -1;

	if (dir != NULL) {
		buf_fmt(&file, "%s/master.key", dir);
		n = read_file(buf_cstr(&file), text, sizeof(text));
	}
	/* An empty line stands for a file that was not there at the start. */
	if (n <= 0 || (n == 1 && text[0] == '\n')) {
		buf_reset(&file);
		buf_str(&file, path);
		n = read_file(path, text, sizeof(text));
	}
	if (n < 0) {
		buf_fmt(why, "%s: %m", buf_cstr(&file));
		buf_free(&file);
		return ERR_IO;
	}
	if ((v = malloc(sizeof(*v))) == NULL) {
		buf_free(&file);
		return ERR_NOMEM;
	}
	if (parse_key(text, (size_t)n, v->key)) {
		buf_fmt(why, "%s: not %d hexadecimal digits", buf_cstr(&file),
		    2 * VAULT_KEY_LEN);
		OPENSSL_cleanse(text, sizeof(text));
		buf_free(&file);
		vault_free(v);
		return ERR_SYNTAX;
	}
	OPENSSL_cleanse(text, sizeof(text));
	buf_free(&file);
	*out = v;
	return 0;
}

void
vault_free(struct vault *v)
{
	if (v == NULL)
		return;
	OPENSSL_cleanse(v, sizeof(*v));
	free(v);
}

int
vault_make(const char *path)
{
	unsigned char key[VAULT_KEY_LEN];
	char text[2 * VAULT_KEY_LEN + 2];
	ssize_t n;
	int fd;

	if (RAND_bytes(key, sizeof(key)) != 1)
		return ERR_IO;
	for (size_t i = 0; i < sizeof(key); i++)
		snprintf(text + 2 * i, 3, "%02x", key[i]);
	text[2 * VAULT_KEY_LEN] = '\n';
	OPENSSL_cleanse(key, sizeof(key));
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1)
		return errno == EEXIST ? ERR_EXISTS : ERR_IO;
	n = write(fd, text, 2 * VAULT_KEY_LEN + 1);
	OPENSSL_cleanse(text, sizeof(text));
	if (n != 2 * VAULT_KEY_LEN + 1 || fsync(fd) == -1) {
		close(fd);
		unlink(path);
		return ERR_IO;
	}
	close(fd);
	return 0;
}

int
vault_seal(const struct vault *v, struct span context, struct span plain,
    struct buf *out)
{
	unsigned char head[1 + NONCE_LEN] = { FORMAT_VERSION };
	unsigned char tag[TAG_LEN], *text;
	EVP_CIPHER_CTX *ctx;
	int n, ok;

	if (RAND_bytes(head + 1, NONCE_LEN) != 1)
		return ERR_IO;
	if ((text = malloc(plain.len + 1)) == NULL)
		return ERR_NOMEM;
	ctx = EVP_CIPHER_CTX_new();
	ok = ctx != NULL &&
	    EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, v->key,
	    head + 1) == 1 &&
	    EVP_EncryptUpdate(ctx, NULL, &n, (const unsigned char *)context.p,
	    (int)context.len) == 1 &&
	    EVP_EncryptUpdate(ctx, text, &n, (const unsigned char *)plain.p,
	    (int)plain.len) == 1 &&
	    EVP_EncryptFinal_ex(ctx, text + n, &n) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG_LEN, tag) == 1;
	if (ok) {
		buf_add(out, head, sizeof(head));
		buf_add(out, text, plain.len);
		buf_add(out, tag, sizeof(tag));
	}
	EVP_CIPHER_CTX_free(ctx);
	free(text);
	return ok ? (int)buf_err(out) : ERR_NOMEM;
}

int
vault_unseal(const struct vault *v, struct span context, struct span sealed,
    struct buf *out)
{
	const unsigned char *p = (const unsigned char *)sealed.p;
	unsigned char tag[TAG_LEN], *text;
	EVP_CIPHER_CTX *ctx;
	size_t len;
	int n, ok;

	if (sealed.len < VAULT_OVERHEAD || p[0] != FORMAT_VERSION)
		return ERR_SYNTAX;
	len = sealed.len - VAULT_OVERHEAD;
	memcpy(tag, p + sealed.len - TAG_LEN, TAG_LEN);
	if ((text = malloc(len + 1)) == NULL)
		return ERR_NOMEM;
	ctx = EVP_CIPHER_CTX_new();
	ok = ctx != NULL &&
	    EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, v->key,
	    p + 1) == 1 &&
	    EVP_DecryptUpdate(ctx, NULL, &n, (const unsigned char *)context.p,
	    (int)context.len) == 1 &&
	    EVP_DecryptUpdate(ctx, text, &n, p + 1 + NONCE_LEN,
	    (int)len) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG_LEN, tag) == 1 &&
	    EVP_DecryptFinal_ex(ctx, text + n, &n) == 1;
	if (ok)
		buf_add(out, text, len);
	OPENSSL_cleanse(text, len);
	EVP_CIPHER_CTX_free(ctx);
	free(text);
	return ok ? (int)buf_err(out) : ERR_DENIED;
}
