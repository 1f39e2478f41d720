#ifndef HOOK_TEMPLATE_H
#define HOOK_TEMPLATE_H

#include "core/buf.h"
#include "core/err.h"
#include "core/span.h"
#include "hook/event.h"

struct parameter_call;

/*
 * A text with parameters in braces: "{client_number} ({city})".  {{ and }}
 * are braces as such.
 */
struct template;

enum template_fault { TEMPLATE_OK, TEMPLATE_SYNTAX, TEMPLATE_UNKNOWN };

struct template_flaw {
	enum template_fault fault;
	struct span name;	/* in the text; TEMPLATE_UNKNOWN: no parameter */
};

/*
 * Parses text; *flaw says what is wrong with it (ERR_INVALID).  ERR_NOMEM.
 */
int template_parse(enum service service, struct span text,
    struct template **out, struct template_flaw *flaw) MUST_CHECK;
void template_free(struct template *t);
/* The text that it was made of. */
const char *template_text(const struct template *t);
/*
 * Appends the filled-in text, not escaped for anything: numbers with their
 * digits, true and false as 1 and 0, null as nothing, lists with ", " between,
 * objects as JSON.
 */
void template_render(const struct template *t,
    const struct parameter_call *call, struct buf *out);

#endif
