/* The scheduler: what the next read asks for, and from where on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "lanes_fixture.h"

static void
take_after(void *cookie, const struct lanes_room *room)
{
	*(int64_t *)cookie = room->after == NULL ? -1 : room->after_due;
}

static int64_t
after(struct lanes *l)
{
	int64_t at = -1;

	lanes_each_room(l, 1, take_after, &at);
	return at;
}

/* A look that brought what it was to, up to a row that was due then. */
static void
looked_full(struct lanes *l, int64_t at, int64_t due)
{
	struct id webhook = number(1, 1);
	struct lanes_look look = { .webhook = &webhook, .at = at,
		.full = true, .whole = true, .due = due };

	look.id = number(2, 3);
	lanes_looked(l, 1, &look);
}

/* A look that found nothing more. */
static void
looked(struct lanes *l, int64_t at)
{
	struct id webhook = number(1, 1);
	struct lanes_look look = { .webhook = &webhook, .at = at,
		.whole = true };

	lanes_looked(l, 1, &look);
}

/* Until something that is owed is forgotten, or a sweep. */
static void
reads_on(void **state)
{
	struct lanes *l = make(8, 100);
	struct delivery *d;
	int i, hand = 0;

	(void)state;
	for (i = 1; i <= 3; i++)
		end(l, 1, i);
	assert_int_equal(after(l), -1);
	looked_full(l, 100, 77);
	assert_int_equal(after(l), 77);
	lanes_each_in_hand(l, 1, count_id, &hand);
	assert_int_equal(hand, 0);
	d = lanes_next(l, now);
	settle(l, d, OUTCOME_DELIVERED);
	assert_int_equal(after(l), 77);
	lanes_forget(l, lanes_next(l, now));	/* it was not sent */
	looked_full(l, 100, 78);	/* by a look that began before */
	assert_int_equal(after(l), -1);
	lanes_each_in_hand(l, 1, count_id, &hand);
	assert_int_equal(hand, 1);
	looked_full(l, 100, 78);
	assert_int_equal(after(l), 78);
	looked(l, 100);				/* that was all */
	assert_int_equal(after(l), -1);
	looked_full(l, 100, 79);
	lanes_sweep(l, 0, 0);
	assert_int_equal(after(l), -1);
	lanes_free(l);
}

#define LATE INT64_C(5000000)
#define WHOLE INT64_C(30000000)

static void
take_floor(void *cookie, const struct lanes_room *room)
{
	*(int64_t *)cookie = room->from_start ? -1 : room->after_due;
}

static int64_t
begin_look(struct lanes *l)
{
	int64_t at = -2;

	lanes_each_room(l, 1, take_floor, &at);
	return at;
}

static struct delivery *
due_at(struct lanes *l, int n, int64_t due)
{
	struct delivery *d = end(l, 1, n);

	d->due = due;
	return d;
}

/* What was seen is not looked at again, with time for what is committed late. */
static void
looks_from_its_floor(void **state)
{
	struct lanes *l = make(8, 100);
	int64_t at = 100 * LATE;

	(void)state;
	due_at(l, 1, at);
	assert_int_equal(begin_look(l), -1);
	looked(l, at);
	assert_int_equal(begin_look(l), at - LATE);
	looked(l, at - 1);			/* never backwards */
	assert_int_equal(begin_look(l), at - LATE);
	/* Full: no farther than the last row. */
	looked_full(l, at + LATE, at - LATE + 7);
	lanes_sweep(l, 0, 0);
	assert_int_equal(begin_look(l), at - LATE + 7);
	/* Reading on sees all that was there when it left the floor. */
	looked_full(l, at + LATE, at + LATE);
	assert_int_equal(begin_look(l), at + LATE);
	looked(l, at + 3 * LATE);
	assert_int_equal(begin_look(l), at);
	looked(l, at + 3 * LATE);
	assert_int_equal(begin_look(l), at + 2 * LATE);
	/* Now and then a whole look, whatever was seen. */
	now = WHOLE;
	lanes_open(l, now);
	assert_int_equal(begin_look(l), -1);
	looked(l, at + 3 * LATE);
	assert_int_equal(begin_look(l), at + 2 * LATE);
	lanes_free(l);
}

/* What is owed and not in hand is never behind the floor. */
static void
floor_comes_down(void **state)
{
	struct lanes *l = make(8, 100);
	int64_t at = 100 * LATE;
	struct delivery *d;

	(void)state;
	due_at(l, 1, at - 3 * LATE);
	due_at(l, 2, at - 3 * LATE);
	due_at(l, 3, at - 2 * LATE);
	due_at(l, 4, at);
	begin_look(l);
	looked(l, at);
	assert_int_equal(begin_look(l), at - LATE);
	settle(l, lanes_next(l, now), OUTCOME_DELIVERED);
	assert_int_equal(begin_look(l), at - LATE);
	/* Given back while a look is under way: that look does not know it. */
	d = lanes_next(l, now);
	lanes_forget(l, d);
	looked(l, at + LATE);
	assert_int_equal(begin_look(l), at - 3 * LATE);
	looked(l, at + LATE);
	assert_int_equal(begin_look(l), at);
	/* A retry that is planned by a clock that is behind. */
	d = lanes_next(l, now);
	d->due = at - LATE;
	settle(l, d, OUTCOME_RETRY);
	assert_int_equal(begin_look(l), at - LATE);
	/* Of a shard that changes hands nothing is known. */
	looked(l, at + LATE);
	lanes_drop_waiting(l, 1);
	end(l, 1, 5);
	assert_int_equal(begin_look(l), -1);
	lanes_free(l);
}

/* What is paused was not looked at; a refused row is owed. */
static void
paused_and_refused_keep_the_floor(void **state)
{
	struct lanes *l = make(1, 100);
	struct id webhook = number(1, 1);
	struct lanes_look look = { .webhook = &webhook, .at = 100 * LATE,
		.paused = true, .whole = true };
	struct delivery *d = delivery(1, 50, EVENT_CALL_END, 50);
	int i;

	(void)state;
	for (i = 0; i < 2; i++)
		due_at(l, i, 100 * LATE);
	begin_look(l);
	lanes_looked(l, 1, &look);
	assert_int_equal(begin_look(l), -1);
	d->due = 7;
	assert_int_equal(lanes_add(l, d), ERR_TOO_BIG);
	free(d);
	looked(l, 100 * LATE);
	assert_int_equal(begin_look(l), -1);
	looked(l, 100 * LATE);
	assert_int_equal(begin_look(l), 99 * LATE);
	lanes_free(l);
}

/* A look has to know only of lanes that matter to it. */
static void
quiet_lanes_are_not_named(void **state)
{
	struct lanes *l = make(8, 100);
	int i;

	(void)state;
	settle(l, end(l, 1, 0) != NULL ? lanes_next(l, now) : NULL,
	    OUTCOME_DELIVERED);
	assert_int_equal(begin_look(l), -1);	/* it was used just now */
	now = PAUSE;
	lanes_open(l, now);
	lanes_sweep(l, 0, 0);
	assert_int_equal(begin_look(l), -2);
	for (i = 1; i < 70; i++) {	/* so much is left in the index */
		end(l, 1, i);
		settle(l, lanes_next(l, now), OUTCOME_DELIVERED);
	}
	now += PAUSE;
	lanes_open(l, now);
	for (i = 0; i < 5; i++)
		lanes_sweep(l, 0, 0);
	assert_int_equal(begin_look(l), -1);
	for (i = 0; i < 5; i++)
		lanes_sweep(l, 0, 0);
	assert_int_equal(begin_look(l), -2);
	lanes_free(l);
}

static void
gives_back_one_lane(void **state)
{
	struct lanes *l = make(8, 100);
	struct id webhook = number(1, 1);
	int i;

	(void)state;
	for (i = 0; i < 5; i++)
		end(l, 1, i);
	end(l, 2, 9);
	lanes_give_back(l, &webhook);
	assert_int_equal(lanes_held(l), 1);
	assert_int_equal(hungry_shard, 1);
	webhook = number(1, 7);
	lanes_give_back(l, &webhook);
	lanes_free(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_on),
		cmocka_unit_test(looks_from_its_floor),
		cmocka_unit_test(floor_comes_down),
		cmocka_unit_test(paused_and_refused_keep_the_floor),
		cmocka_unit_test(quiet_lanes_are_not_named),
		cmocka_unit_test(gives_back_one_lane),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
