/*
 * The difference of two JSON documents, for people who look at the history of a
 * webhook.  A pure function; called by versions.c.
 */
#include "config.h"

#include <string.h>

#include "api/difference.h"
#include "core/buf.h"

#define POINTER_MAX (64 * 1024)

static int compare(json_t *before, json_t *after, struct buf *at, json_t *out);

static void
add_key(struct buf *at, const char *key)
{
	buf_chr(at, '/');
	for (; *key != '\0'; key++)
		if (*key == '~')
			buf_str(at, "~0");
		else if (*key == '/')
			buf_str(at, "~1");
		else
			buf_chr(at, *key);
}

/* Back to where the pointer was. */
static void
shorten(struct buf *at, size_t len)
{
	at->len = len;
	if (at->p != NULL)
		at->p[len] = '\0';
}

static int
add_change(json_t *before, json_t *after, const struct buf *at, json_t *out)
{
	return json_array_append_new(out, json_pack("{s:s, s:O, s:O}",
	    "pointer", buf_cstr(at), "before", before, "after", after));
}

static int
compare_objects(json_t *before, json_t *after, struct buf *at, json_t *out)
{
	size_t len = at->len;
	const char *key;
	json_t *value;

	json_object_foreach(before, key, value) {
		add_key(at, key);
		if (compare(value, json_object_get(after, key), at, out) < 0)
			return -1;
		shorten(at, len);
	}
	json_object_foreach(after, key, value) {
		if (json_object_get(before, key) != NULL)
			continue;
		add_key(at, key);
		if (compare(NULL, value, at, out) < 0)
			return -1;
		shorten(at, len);
	}
	return 0;
}

static int
compare_lists(json_t *before, json_t *after, struct buf *at, json_t *out)
{
	size_t len = at->len, i;

	for (i = 0; i < json_array_size(before); i++) {
		buf_fmt(at, "/%zu", i);
		if (compare(json_array_get(before, i), json_array_get(after, i),
		    at, out) < 0)
			return -1;
		shorten(at, len);
	}
	return 0;
}

static int
compare(json_t *before, json_t *after, struct buf *at, json_t *out)
{
	json_t *nothing = json_null();

	before = before != NULL ? before : nothing;
	after = after != NULL ? after : nothing;
	if (buf_err(at) != ERR_OK)
		return -1;
	if (json_equal(before, after))
		return 0;
	if (json_is_object(before) && json_is_object(after))
		return compare_objects(before, after, at, out);
	if (json_is_array(before) && json_is_array(after) &&
	    json_array_size(before) == json_array_size(after))
		return compare_lists(before, after, at, out);
	return add_change(before, after, at, out);
}

json_t *
difference(json_t *before, json_t *after)
{
	struct buf at = BUF_INIT(POINTER_MAX);
	json_t *out = json_array();

	if (out != NULL && compare(before, after, &at, out) < 0) {
		json_decref(out);
		out = NULL;
	}
	buf_free(&at);
	return out;
}
