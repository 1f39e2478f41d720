#ifndef SENDER_WIRE_H
#define SENDER_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "sender/outcome.h"

struct loop;
struct wire;

struct wire_options {
	struct loop *loop;
	int connections;		/* most in all */
	int host_connections;		/* most to one host */
	bool http2;			/* as in struct transfer_options … */
	const char *proxy;
	const char *ca_file;
	int64_t idle_age;
	int64_t connect_timeout;
	int64_t timeout;
	/* An easy handle has ended with a CURLcode and is no longer inside. */
	void (*done)(void *easy, int code);
	/*
	 * libcurl could not go on: who is still inside may be forgotten by it.
	 * All have to be removed, then it may be renewed.
	 */
	void (*broken)(void *cookie);
	void *cookie;			/* of broken */
};

/* NULL with *why set to a static text. */
struct wire *wire_new(const struct wire_options *options, const char **why);
/* Every easy handle has to be removed before. */
void wire_free(struct wire *w);
/* Begins anew, with nothing inside and no connections. */
void wire_renew(struct wire *w);
/* What all requests have in common, once for each easy handle. */
int wire_setup(const struct wire *w, void *easy) MUST_CHECK;
/* easy is a CURL *, which the caller keeps. */
int wire_add(struct wire *w, void *easy) MUST_CHECK;
void wire_remove(struct wire *w, void *easy);
/* The class of a CURLcode. */
enum outcome_error wire_error_of(int code);
/* The proxy has answered, and not with a way to the receiver. */
bool wire_is_turned_away(void *easy);

#endif
