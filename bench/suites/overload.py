"""Overload: twice as many events as can be taken, offered whether answered or not.

What is accepted has to stay as quick as it was, what is refused has to be told so at once and with Retry-After, and
afterwards everything is as before.  Two things are short: a disk that takes 20 ms for each transaction, where the
yardsticks are php-fpm and Node at twice what they take themselves; and the CPU, with a pool of one worker that takes
8 requests along, so that it, and not nginx or the load itself, is what this machine is short of.  And bursts: so many
events at one moment to an idle pool.
"""
import lib
from suites import ingest

CONNECTIONS = 2500
SYNC_US = 20000


def slow_disk(stack):
    """Each commit waits before it is written, as it would for a disk that turns; commits of one moment share it."""
    stack.sql("ALTER SYSTEM SET commit_siblings = 0")
    stack.sql(f"ALTER SYSTEM SET commit_delay = {SYNC_US}")
    stack.sql("SELECT pg_reload_conf()")


def offer(stack, url, key, rate, seconds):
    got = lib.offer(url, key, ingest.DATA, rate, seconds, CONNECTIONS)
    return {**got, "rate": rate, "accepted_rate": got["accepted"]["n"] / seconds, "workers_mb": lib.workers_mb(stack)}


def one(stack, name, url, key, connections, seconds):
    """Half of the capacity, twice the capacity, half again; it is what so many connections get that wait for answers."""
    closed = lib.wrk(url, connections, seconds, lib.BENCH / "post.lua", key,
                     {"BENCH_DATA": str(ingest.DATA), "BENCH_BATCH": "1"})
    capacity = closed["rate"]
    found = {when: offer(stack, url, key, int(capacity * share), seconds)
             for when, share in (("half", 0.5), ("twice", 2.0), ("after", 0.5))}
    lib.table(f"overload, {name}: {connections} connections do {capacity:.0f} events/s, p50 {closed['p50']:.1f} ms, "
              f"p99 {closed['p99']:.1f} ms",
              ["", "offered/s", "accepted/s", "p50 ms", "p99 ms", "refused", "p99 ms", "no Retry-After", "lost",
               "worker MB"],
              [[when, r["rate"], f"{r['accepted_rate']:.0f}", f"{r['accepted']['p50']:.1f}", f"{r['accepted']['p99']:.1f}",
                r["refused"]["n"], f"{r['refused']['p99']:.1f}", r["refused"]["without_retry_after"],
                r["others"] + r["broken"] + r["not_sent"], f"{max(r['workers_mb']):.0f}"] for when, r in found.items()])
    return {"capacity": capacity, "p50_closed": closed["p50"], "p99_closed": closed["p99"], **found}


def bursts(url, key, rounds):
    """{events at one moment: {refused, p99 of the accepted}}, medians."""
    found = {}
    for n in (256, 512, 1024, 2048):
        got = [lib.offer(url, key, ingest.DATA, n * 1000, 0.001, CONNECTIONS) for _ in range(rounds)]
        found[n] = {"refused": lib.median([g["refused"]["n"] + g["others"] + g["broken"] for g in got]),
                    "p99": lib.median([g["accepted"]["p99"] for g in got])}
    lib.table(f"bursts to an idle pool, medians of {rounds}", ["events", "refused", "p99 ms of the accepted"],
              [[n, f"{r['refused']:.0f}", f"{r['p99']:.0f}"] for n, r in found.items()])
    return found


def run(_stack, quick):
    seconds = 2 if quick else 20
    results = {}
    with lib.Stack() as stack, stack.sender_stopped(), ingest.peers(stack) as peers:
        url, key = stack.env["CALLHOOK_URL"] + "/events", stack.env["CALLHOOK_INGEST_KEY"]
        ingest.clear(stack)
        if not quick:
            results["bursts"] = bursts(url, key, 5)
        slow_disk(stack)
        results["callhook"] = one(stack, "slow disk, callhook", url, key, 256, seconds)
        for name in () if quick else ("php-fpm 8", "node cluster"):
            if name in peers:
                results[name] = one(stack, f"slow disk, {name}", peers[name], "", 256, seconds)
    with lib.Stack(api_workers=1, api_batch=8) as stack, stack.sender_stopped():
        ingest.clear(stack)
        results["callhook, short of CPU"] = one(stack, "short of CPU", stack.env["CALLHOOK_URL"] + "/events",
                                                stack.env["CALLHOOK_INGEST_KEY"], 32, seconds)
    return results
