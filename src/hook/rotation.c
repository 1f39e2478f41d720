/*
 * What an account may ask of a webhook's secrets: its own or a new one, of
 * which kind, and how long the former ones sign along.  Called by the API.
 * Pure but for the randomness of a new secret.
 */
#include "config.h"

#include "hook/rotation.h"

#include <openssl/crypto.h>
#include <string.h>

#include "hook/fault.h"

#define HOUR_US INT64_C(3600000000)

static const char *const kinds[] = { "hmac", "ed25519" };

const char *
rotation_kind_name(enum sign_kind kind)
{
	return kinds[kind];
}

static void
check_fields(const json_t *json, struct faults *faults)
{
	/* jansson iterates with a pointer to non-const. */
	json_t *object = (json_t *)(uintptr_t)json, *value;
	const char *key;

	json_object_foreach(object, key, value)
		if (strcmp(key, "kind") != 0 && strcmp(key, "secret") != 0 &&
		    strcmp(key, "overlap_hours") != 0)
			fault_add_field(faults, FAULT_UNKNOWN_FIELD, "", key);
}

/* -1: not given, or wrong. */
static int
read_kind(const json_t *v, struct faults *faults)
{
	if (v == NULL)
		return -1;
	if (!json_is_string(v)) {
		fault_add(faults, FAULT_WRONG_TYPE, "string", "/kind");
		return -1;
	}
	for (int i = 0; i < 2; i++)
		if (strcmp(json_string_value(v), kinds[i]) == 0)
			return i;
	fault_add(faults, FAULT_NOT_IN_LIST, "hmac, ed25519", "/kind");
	return -1;
}

static void
read_secret(const json_t *v, int kind, struct sign_key *key,
    struct faults *faults)
{
	int rc;

	if (!json_is_string(v)) {
		fault_add(faults, FAULT_WRONG_TYPE, "string", "/secret");
		return;
	}
	rc = sign_parse((struct span){ json_string_value(v),
	    json_string_length(v) }, key);
	if (rc == ERR_RANGE)
		fault_add(faults, FAULT_SECRET_LENGTH,
		    key->kind == SIGN_HMAC ? "24..64" : "32", "/secret");
	else if (rc != 0)
		fault_add(faults, FAULT_SECRET_SYNTAX, NULL, "/secret");
	else if (kind >= 0 && (enum sign_kind)kind != key->kind)
		fault_add(faults, FAULT_SECRET_KIND, kinds[kind], "/secret");
}

static int64_t
read_overlap(const json_t *v, struct faults *faults)
{
	json_int_t hours = ROTATION_OVERLAP_HOURS;

	if (v != NULL && !json_is_integer(v)) {
		fault_add(faults, FAULT_WRONG_TYPE, "integer",
		    "/overlap_hours");
	} else if (v != NULL) {
		hours = json_integer_value(v);
		if (hours < 0 || hours > ROTATION_OVERLAP_MAX) {
			fault_add(faults, FAULT_OUT_OF_RANGE, "0..168",
			    "/overlap_hours");
			hours = 0;
		}
	}
	return hours * HOUR_US;
}

int
rotation_read(const json_t *json, struct rotation *out, struct faults *faults)
{
	const json_t *secret;
	int kind;

	memset(out, 0, sizeof(*out));
	if (!json_is_object(json)) {
		fault_add(faults, FAULT_WRONG_TYPE, "object", "%s", "");
		return faults->err != ERR_OK ? ERR_NOMEM : ERR_INVALID;
	}
	check_fields(json, faults);
	kind = read_kind(json_object_get(json, "kind"), faults);
	secret = json_object_get(json, "secret");
	if (secret != NULL)
		read_secret(secret, kind, &out->key, faults);
	out->overlap_us = read_overlap(json_object_get(json, "overlap_hours"),
	    faults);
	if (faults->err != ERR_OK || faults->n > 0) {
		OPENSSL_cleanse(&out->key, sizeof(out->key));
		return faults->err != ERR_OK ? ERR_NOMEM : ERR_INVALID;
	}
	if (secret != NULL)
		return 0;
	return sign_make(kind < 0 ? SIGN_HMAC : (enum sign_kind)kind,
	    &out->key);
}
