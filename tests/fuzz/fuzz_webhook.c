/*
 * The body of a webhook: what is accepted can be stored and read again as
 * the same, its address can be called, and everything else has a fault with
 * a sentence in both languages.
 */
#include "config.h"

#include <jansson.h>
#include <string.h>

#include "core/buf.h"
#include "hook/fault.h"
#include "hook/target.h"
#include "hook/text.h"
#include "hook/url.h"
#include "hook/webhook.h"
#include "fuzz.h"

static struct target_policy *policy;

static void
init(void)
{
	struct buf why = BUF_INIT(1000);

	FUZZ_CHECK(url_init() == 0);
	policy = target_policy_new(true, NULL, 0, &why);
	FUZZ_CHECK(policy != NULL);
	buf_free(&why);
}

static void
check_faults(const struct faults *faults)
{
	struct buf text = BUF_INIT(1 << 16);
	size_t i;

	FUZZ_CHECK(faults->n > 0 && faults->n <= FAULTS_MAX);
	for (i = 0; i < faults->n; i++) {
		FUZZ_CHECK(faults->v[i].pointer[0] == '/' ||
		    faults->v[i].pointer[0] == '\0');
		fault_sentence(&faults->v[i],
		    fault_text_ru(faults->v[i].code), &text);
		fault_sentence(&faults->v[i],
		    fault_text_en(faults->v[i].code), &text);
	}
	FUZZ_CHECK(buf_err(&text) == 0);
	buf_free(&text);
}

static void
check_stored(const struct webhook *w)
{
	struct faults faults = { 0 };
	struct webhook again;
	json_t *first = webhook_json(w), *second;
	struct url parts;

	FUZZ_CHECK(first != NULL);
	FUZZ_CHECK(webhook_read(first, policy, &again, &faults) == 0);
	second = webhook_json(&again);
	FUZZ_CHECK(json_equal(first, second));
	FUZZ_CHECK(strcmp(w->url, again.url) == 0);
	FUZZ_CHECK(url_split(w->url, &parts) == 0);
	FUZZ_CHECK(strlen(w->url) <= URL_MAX);
	FUZZ_CHECK(w->items_n <= WEBHOOK_PARAMS_MAX);
	webhook_free(&again);
	fault_free(&faults);
	json_decref(first);
	json_decref(second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct faults faults = { 0 };
	struct webhook w;
	json_t *j;
	int err;

	if (policy == NULL)
		init();
	j = json_loadb((const char *)data, size,
	    JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
	if (j == NULL)
		return 0;
	err = webhook_read(j, policy, &w, &faults);
	FUZZ_CHECK(err == 0 || err == ERR_INVALID);
	if (err == 0) {
		FUZZ_CHECK(faults.n == 0);
		check_stored(&w);
	} else {
		check_faults(&faults);
	}
	webhook_free(&w);
	fault_free(&faults);
	json_decref(j);
	return 0;
}
