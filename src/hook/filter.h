#ifndef HOOK_FILTER_H
#define HOOK_FILTER_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/span.h"
#include "hook/event.h"

struct reader;

#define FILTER_LIST_MAX 100
#define FILTER_TEXT_MAX 255	/* bytes of an entry */
#define FILTER_DURATION_MAX 86400

enum filter_status { FILTER_STATUS_ALL, FILTER_STATUS_SUCCESSFUL,
	FILTER_STATUS_FAILED, FILTER_STATUSES };
enum filter_kind { FILTER_KIND_ALL, FILTER_KIND_UNIQUE, FILTER_KIND_TARGET,
	FILTER_KIND_UNIQUE_TARGET, FILTER_KINDS };
enum filter_list { FILTER_CAMPAIGNS, FILTER_WIDGETS, FILTER_OFFICES,
	FILTER_TAGS, FILTER_LISTS };

/*
 * Which calls a webhook wants to hear of: all conditions together.  What is 0
 * asks for nothing.
 */
struct filters {
	enum filter_status status;
	enum filter_kind kind;
	int64_t min_duration;	/* s */
	bool last_attempt_only;
	struct {
		char **v;
		size_t n;
	} lists[FILTER_LISTS];	/* any of them */
};

/* Reads json (NULL: no conditions); faults have pointers under /filters. */
void filter_read(struct reader *r, const json_t *json, struct filters *out);
void filter_free(struct filters *f);
/* All fields, in the order of the API. */
json_t *filter_json(const struct filters *f);
/*
 * Only the conditions there are, as compact JSON for filter_passes; nothing is
 * appended when there are none.
 */
void filter_text(const struct filters *f, struct buf *out);
/*
 * Does a call pass?  text is filter_text's; data the proven data of its
 * event.  A start, and a test call (790/0), are only asked where they belong
 * (campaign, widget, office): the rest is not known yet, or is nothing.
 */
bool filter_passes(struct span text, enum service service,
    enum event_kind kind, struct span data);

#endif
