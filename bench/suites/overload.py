"""Overload: twice as many events as the pool can take, offered whether answered or not.

What is accepted has to stay quick, what is refused has to be told so at once and with Retry-After, and
afterwards everything is as it was.  The yardstick is the same program with a long listen queue, which
refuses nothing for as long as the queue has room: there everybody waits; and, unless --quick, with a short one.  The pool is one worker that takes 8
requests along, so that it, and not nginx or the load itself, is what this machine is short of.
"""
import lib
from suites import ingest

CONNECTIONS = 2500
POOL = {"api_workers": 1, "api_batch": 8}


def offer(stack, rate, seconds):
    got = lib.offer(stack, ingest.DATA, rate, seconds, CONNECTIONS)
    return {**got, "rate": rate, "accepted_rate": got["accepted"]["n"] / seconds, "workers_mb": lib.workers_mb(stack)}


def one_queue(name, seconds, **settings):
    """Half of the capacity, twice the capacity, half again."""
    with lib.Stack(**POOL, **settings) as stack, stack.sender_stopped():
        ingest.clear(stack)
        closed = lib.wrk(stack.env["CALLHOOK_URL"] + "/events", 32, seconds, lib.BENCH / "post.lua",
                         stack.env["CALLHOOK_INGEST_KEY"], {"BENCH_DATA": str(ingest.DATA), "BENCH_BATCH": "1"})
        capacity = closed["rate"]
        found = {when: offer(stack, int(capacity * share), seconds)
                 for when, share in (("half", 0.5), ("twice", 2.0), ("after", 0.5))}
    lib.table(f"overload, {name}: 32 connections do {capacity:.0f} events/s, p99 {closed['p99']:.1f} ms",
              ["", "offered/s", "accepted/s", "p50 ms", "p99 ms", "refused", "p99 ms", "no Retry-After", "lost",
               "worker MB"],
              [[when, r["rate"], f"{r['accepted_rate']:.0f}", f"{r['accepted']['p50']:.1f}", f"{r['accepted']['p99']:.1f}",
                r["refused"]["n"], f"{r['refused']['p99']:.1f}", r["refused"]["without_retry_after"],
                r["others"] + r["broken"] + r["not_sent"], f"{max(r['workers_mb']):.0f}"] for when, r in found.items()])
    return {"capacity": capacity, "p99_closed": closed["p99"], **found}


def run(_stack, quick):
    seconds = 2 if quick else 20
    short = {} if quick else {"short_queue": one_queue("a queue of 64", seconds, api_backlog=64)}
    return {"shipped": one_queue("the queue as shipped", seconds), **short,
            "long_queue": one_queue("a queue of 4096", seconds, api_backlog=4096)}
