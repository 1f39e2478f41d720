"""Overload: twice as many events as the pool can take, offered whether answered or not.

What is accepted has to stay quick, what is refused has to be told so at once and with Retry-After, and
afterwards everything is as it was.  The yardstick is the same program with a long listen queue, which
refuses nothing for as long as the queue has room: there everybody waits.  The pool is one worker that takes 8
requests along, so that it, and not nginx or the load itself, is what this machine is short of.
"""
import json
import pathlib
import re
import subprocess

import lib
from suites import ingest

CONNECTIONS = 2500
POOL = {"api_workers": 1, "api_batch": 8}


def workers_mb(stack):
    """RSS of the workers in MB, largest first."""
    found = []
    for pid, (_name, _cpu, parent) in lib.processes().items():
        if parent == stack.pid("api"):
            text = pathlib.Path(f"/proc/{pid}/status").read_text()
            found.append(int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024)
    return sorted(found, reverse=True)


def offer(program, stack, rate, seconds):
    port, path = re.match(r"http://[^:]+:(\d+)(/.*)", stack.env["CALLHOOK_URL"] + "/events").groups()
    out = subprocess.run([program, port, path, stack.env["CALLHOOK_INGEST_KEY"], ingest.DATA, str(rate), str(seconds),
                          str(CONNECTIONS)], check=True, capture_output=True, text=True).stdout
    got = json.loads(out)
    return {**got, "rate": rate, "accepted_rate": got["accepted"]["n"] / seconds, "workers_mb": workers_mb(stack)}


def one_queue(program, name, seconds, **settings):
    """Half of the capacity, twice the capacity, half again."""
    with lib.Stack(**POOL, **settings) as stack, stack.sender_stopped():
        ingest.clear(stack)
        closed = lib.wrk(stack.env["CALLHOOK_URL"] + "/events", 32, seconds, lib.BENCH / "post.lua",
                         stack.env["CALLHOOK_INGEST_KEY"], {"BENCH_DATA": str(ingest.DATA), "BENCH_BATCH": "1"})
        capacity = closed["rate"]
        found = {when: offer(program, stack, int(capacity * share), seconds)
                 for when, share in (("half", 0.5), ("twice", 2.0), ("after", 0.5))}
    lib.table(f"overload, {name}: 32 connections do {capacity:.0f} events/s, p99 {closed['p99']:.1f} ms",
              ["", "offered/s", "accepted/s", "p50 ms", "p99 ms", "refused", "p99 ms", "no Retry-After", "lost",
               "worker MB"],
              [[when, r["rate"], f"{r['accepted_rate']:.0f}", f"{r['accepted']['p50']:.1f}", f"{r['accepted']['p99']:.1f}",
                r["refused"]["n"], f"{r['refused']['p99']:.1f}", r["refused"]["without_retry_after"],
                r["others"] + r["broken"] + r["not_sent"], f"{max(r['workers_mb']):.0f}"] for when, r in found.items()])
    return {"capacity": capacity, "p99_closed": closed["p99"], **found}


def run(_stack, quick):
    seconds = 3 if quick else 20
    program = lib.build_peer("offer", [])
    return {"shipped": one_queue(program, "the queue as shipped", seconds),
            "long_queue": one_queue(program, "a queue of 4096", seconds, api_backlog=4096)}
