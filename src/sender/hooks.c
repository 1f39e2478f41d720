/*
 * A bounded cache of parsed webhook settings in callhook-sender, by id; a
 * newer version replaces an older one, the least used leaves first, and its
 * secrets are wiped.  Called by due.c when it reads due deliveries.
 */
#include "sender/hooks.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "core/jsonx.h"
#include "hook/fault.h"

enum { BUCKETS = 1024 };

LIST_HEAD(hook_chain, hook);
TAILQ_HEAD(hook_queue, hook);

struct hooks {
	size_t n, max;
	struct hook_chain by_id[BUCKETS];
	struct hook_queue by_use;	/* the least used first */
};

struct hooks *
hooks_new(size_t max)
{
	struct hooks *h = calloc(1, sizeof(*h));
	int i;

	if (h == NULL)
		return NULL;
	h->max = max;
	TAILQ_INIT(&h->by_use);
	for (i = 0; i < BUCKETS; i++)
		LIST_INIT(&h->by_id[i]);
	return h;
}

static struct hook_chain *
bucket(struct hooks *h, const struct id *id)
{
	return &h->by_id[(id->b[14] << 8 | id->b[15]) % BUCKETS];
}

static void
evict(struct hook *hook)
{
	struct hooks *h = hook->home;

	LIST_REMOVE(hook, by_id);
	TAILQ_REMOVE(&h->by_use, hook, by_use);
	h->n--;
	hook->home = NULL;
	hooks_release(hook);
}

void
hooks_free(struct hooks *h)
{
	struct hook *hook;

	if (h == NULL)
		return;
	while ((hook = TAILQ_FIRST(&h->by_use)) != NULL)
		evict(hook);
	free(h);
}

static void
destroy(struct hook *hook)
{
	size_t i;

	webhook_free(&hook->webhook);
	for (i = 0; i < hook->secrets_n; i++)
		sign_wipe(&hook->secrets[i].key);
	if (hook->secrets != NULL)
		OPENSSL_cleanse(hook->secrets,
		    hook->secrets_n * sizeof(*hook->secrets));
	free(hook->secrets);
	free(hook->login);
	free(hook);
}

void
hooks_release(struct hook *hook)
{
	if (hook == NULL)
		return;
	assert(hook->refs > 0);
	if (--hook->refs > 0)
		return;
	assert(hook->home == NULL);
	destroy(hook);
}

static struct hook *
lookup(struct hooks *h, const struct id *id)
{
	struct hook *hook;

	LIST_FOREACH(hook, bucket(h, id), by_id)
		if (id_eq(&hook->id, id))
			return hook;
	return NULL;
}

struct hook *
hooks_find(struct hooks *h, const struct id *id, int version)
{
	struct hook *hook = lookup(h, id);

	if (hook == NULL || hook->version < version)
		return NULL;
	TAILQ_REMOVE(&h->by_use, hook, by_use);
	TAILQ_INSERT_TAIL(&h->by_use, hook, by_use);
	hook->refs++;
	return hook;
}

/* What was saved has been checked then; the address is checked at connect. */
static int
parse(struct hook *hook, struct span settings)
{
	struct faults faults = { 0 };
	json_t *json = NULL;
	const char *why;
	size_t offset;
	int rc;

	rc = jsonx_parse(settings, &json, &why, &offset);
	if (rc == 0)
		rc = webhook_read(json, NULL, &hook->webhook, &faults);
	if (rc == 0)
		rc = url_split(hook->webhook.url, &hook->url);
	fault_free(&faults);
	json_decref(json);
	return rc;
}

/* One that is too long is kept empty: it fails to open, and nothing is sent. */
static int
keep_secrets(struct hook *hook, const struct hook_sealed *secrets, size_t n)
{
	struct hook_secret *s;

	if (n == 0)
		return 0;
	hook->secrets = calloc(n, sizeof(*hook->secrets));
	if (hook->secrets == NULL)
		return ERR_NOMEM;
	for (size_t i = 0; i < n; i++) {
		s = &hook->secrets[hook->secrets_n++];
		s->until = secrets[i].until;
		if (secrets[i].text.len > sizeof(s->sealed))
			continue;
		s->sealed_len = secrets[i].text.len;
		memcpy(s->sealed, secrets[i].text.p, s->sealed_len);
	}
	return 0;
}

static int
keep_login(struct hook *hook, struct span login)
{
	if (login.len == 0)
		return 0;
	hook->login = malloc(login.len);
	if (hook->login == NULL)
		return ERR_NOMEM;
	memcpy(hook->login, login.p, login.len);
	hook->login_len = login.len;
	return 0;
}

struct hook *
hooks_make(const struct id *id, int version, struct span settings,
    struct span login, const struct hook_sealed *secrets, size_t n)
{
	struct hook *hook;
	int rc;

	hook = calloc(1, sizeof(*hook));
	if (hook == NULL)
		return NULL;
	hook->id = *id;
	hook->version = version;
	rc = keep_secrets(hook, secrets, n);
	if (rc == 0)
		rc = keep_login(hook, login);
	if (rc == 0)
		rc = parse(hook, settings);
	if (rc == ERR_NOMEM) {
		destroy(hook);
		return NULL;
	}
	hook->broken = rc != 0;
	hook->refs = 1;
	return hook;
}

struct hook *
hooks_put(struct hooks *h, const struct id *id, int version,
    struct span settings, struct span login, const struct hook_sealed *secrets,
    size_t n)
{
	struct hook *old = lookup(h, id), *hook;

	if (old != NULL && old->version >= version)
		return hooks_find(h, id, version);
	hook = hooks_make(id, version, settings, login, secrets, n);
	if (hook == NULL)
		return NULL;
	if (old != NULL)
		evict(old);
	if (h->n >= h->max)
		evict(TAILQ_FIRST(&h->by_use));
	hook->refs++;
	hook->home = h;
	LIST_INSERT_HEAD(bucket(h, id), hook, by_id);
	TAILQ_INSERT_TAIL(&h->by_use, hook, by_use);
	h->n++;
	return hook;
}
