"""Growth: what an event and a delivery cost with few and many webhooks, accounts and rows of log.

Each case posts events that two webhooks hear, then lets the sender deliver them to nginx; CPU is counted
for PostgreSQL, API and sender.  The yardstick is the first case: ten webhooks, one account, an empty log.
The log is generated: a third each of events, their keys and attempts, over the last ten days.  BENCH_LOG_ROWS
says how many in all (50,000,000; --quick three of the cases and 90,000 rows), as far as half of the free disk goes.
"""
import os
import shutil
import subprocess
import time
import urllib.request

import lib
from suites import ingest

ACCOUNT = 10234
ROW_BYTES = 260         # of the log, with its indexes
DAYS = 10
CASES = [               # name, webhooks in all, of the posting accounts each, posting accounts, log?
    ("10 webhooks", 10, 2, 1, False),
    ("1,000 webhooks", 1000, 2, 1, False),
    ("100,000 webhooks", 100000, 2, 1, False),
    ("1,000 of one account", 1000, 1000, 1, False),
    ("1,000 accounts post", 100000, 2, 1000, False),
    ("10 webhooks, big log", 10, 2, 1, True),
    ("1,000 accounts, big log", 100000, 2, 1000, True),
]


def shard(account):
    """As id_shard of the programs."""
    mask = (1 << 64) - 1
    z = account & mask
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & mask
    z = (z ^ z >> 27) * 0x94D049BB133111EB & mask
    return (z ^ z >> 31) % 64


def webhooks(stack, in_all, each, accounts):
    """Two of each posting account hear the end of calls, its others the begin; the rest are of others."""
    stack.sql("TRUNCATE callhook.webhook, callhook.webhook_version, callhook.webhook_stat")
    made = stack.webhook(service="calltracking", origin=f"http://127.0.0.1:{stack.sink}", path="in", method="POST",
                         events=["call_end"], params=[{"name": "phone", "value": "client_number"}])
    rows = [(ACCOUNT + a, 2 if n < 2 else 1) for a in range(accounts) for n in range(each)]
    rows += [(5000000 + n // 10, 2) for n in range(in_all - len(rows))]
    values = "\n".join(f"{shard(account)}\t{account}\t{events}" for account, events in rows)
    stack.sql(f"""
CREATE TEMP TABLE wanted (shard smallint, account_id bigint, events smallint, id uuid DEFAULT gen_random_uuid());
COPY wanted (shard, account_id, events) FROM stdin;
{values}
\\.
CREATE TEMP TABLE w AS SELECT * FROM callhook.webhook WHERE id = '{made["id"]}';
CREATE TEMP TABLE v AS SELECT * FROM callhook.webhook_version WHERE webhook_id = '{made["id"]}';
TRUNCATE callhook.webhook, callhook.webhook_version;
INSERT INTO callhook.webhook SELECT (jsonb_populate_record(w, to_jsonb(wanted))).* FROM w, wanted;
INSERT INTO callhook.webhook_version
  SELECT (jsonb_populate_record(v, to_jsonb(wanted) || jsonb_build_object('webhook_id', wanted.id))).* FROM v, wanted;
ANALYZE callhook.webhook; ANALYZE callhook.webhook_version;""")


def fill_log(stack, rows):
    """rows of log in all, a day's partition each; returns how many and how many GB they are."""
    free = shutil.disk_usage(stack.dir).free
    rows = min(rows, free // 2 // ROW_BYTES)
    per_day = rows // 3 // DAYS
    now = int(time.time() * 1000)
    stack.sql("ALTER SYSTEM SET max_wal_size = '16GB'; SELECT pg_reload_conf()")
    for day in range(1, DAYS + 1):
        first = now // 86400000 * 86400000 - day * 86400000
        date = time.strftime("%Y-%m-%d", time.gmtime(first / 1000))
        low, high = (f"{t >> 16:08x}-{t & 0xffff:04x}-7000-8000-000000000000" for t in (first, first + 86400000))
        stack.sql(f"""
SELECT callhook.partition_make(t, '{date}', '{low}', '{high}') FROM unnest(ARRAY['event', 'attempt']) t;
CREATE TEMP TABLE made AS SELECT i, (i % 64)::smallint AS shard, {ACCOUNT} + i % 100000 AS account_id,
  (lpad(to_hex({first} + i * 86400000 / {per_day}), 12, '0') || '7' || substr(h, 1, 3) || 'b' || substr(h, 4, 15))::uuid AS id,
  substr(h || h, 20, 32)::uuid AS key
  FROM (SELECT i, md5('{day} ' || i) AS h FROM generate_series(0::bigint, {per_day} - 1) i) x;
INSERT INTO callhook.event SELECT shard, 0, 2, account_id, id, NULL, 'log' || i, '{{}}' FROM made;
INSERT INTO callhook.event_key SELECT shard, key, id FROM made;
INSERT INTO callhook.attempt (shard, n, status, webhook_version, id, webhook_id, delivery_id, event_id, at, outcome)
  SELECT shard, 1, 200, 1, id, key, id, id, to_timestamp(({first} + i * 86400000 / {per_day}) / 1e3), 'delivered' FROM made;""")
    stack.sql("VACUUM ANALYZE callhook.event, callhook.attempt, callhook.event_key; ALTER SYSTEM RESET max_wal_size;"
              "SELECT pg_reload_conf(); CHECKPOINT")
    size = stack.sql("SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c WHERE relkind = 'r' AND relnamespace = "
                     "'callhook'::regnamespace AND relname ~ '^(event|attempt)'")[0][0]
    return per_day * DAYS * 3, float(size) / 1e9


def arrived(stack):
    with urllib.request.urlopen(f"http://127.0.0.1:{stack.sink}/status", timeout=10) as answer:
        return int(answer.read().split()[9])


def drain(stack, owed):
    """Delivers what is owed; CPU µs a delivery, deliveries/s."""
    before, deadline, asked = arrived(stack), time.monotonic() + 120, 0
    with lib.running(stack.sender, stderr=subprocess.DEVNULL), lib.Cpu(stack) as cpu:
        started = time.monotonic()
        while True:
            asked += 1
            n = arrived(stack) - before - asked
            if n >= owed or time.monotonic() > deadline:
                break
            time.sleep(0.02)
        took = time.monotonic() - started
        while stack.sql("SELECT 1 FROM callhook.outbox LIMIT 1") and time.monotonic() < deadline:
            time.sleep(0.05)
    return {"deliveries": n, "rate": n / took, "cpu_us": cpu.of("callhook-sender", "postgres") / max(n, 1) * 1e6}


def one(stack, accounts, seconds):
    stack.sql("TRUNCATE callhook.outbox; CHECKPOINT")
    posted = ingest.measure(stack, stack.env["CALLHOOK_URL"] + "/events", 32, seconds, stack.env["CALLHOOK_INGEST_KEY"],
                            accounts=accounts)
    owed = int(stack.sql("SELECT count(*) FROM callhook.outbox")[0][0])
    return {"event": posted, "owed": owed, "delivery": drain(stack, owed)}


def run(stack, quick):
    seconds, rounds = (1, 1) if quick else (5, 3)
    rows = int(os.environ.get("BENCH_LOG_ROWS", 90000 if quick else 50000000))
    stack.sink = lib.free_port()
    stack.sql("ALTER SYSTEM SET checkpoint_timeout = '30min'; SELECT pg_reload_conf()")
    found, log = {}, (0, 0.0)
    with stack.sender_stopped() as stack.sender, lib.nginx(
            f"server {{ listen 127.0.0.1:{stack.sink}; location = /status {{ stub_status; }}"
            " location / { return 200 'ok'; } }"):
        lib.wait_for(stack.sink)
        for name, in_all, each, accounts, with_log in [CASES[0], CASES[2], CASES[-1]] if quick else CASES:
            if with_log and not log[0]:
                log = fill_log(stack, rows)
            webhooks(stack, in_all, each, accounts)
            got = [one(stack, accounts, seconds) for _ in range(rounds)]
            found[name] = {
                "event_us": lib.spread([g["event"]["cpu_us"] for g in got]),
                "events": lib.spread([g["event"]["rate"] for g in got]),
                "p99": lib.spread([g["event"]["p99"] for g in got]),
                "wal": lib.spread([g["event"]["wal"] for g in got]),
                "delivery_us": lib.spread([g["delivery"]["cpu_us"] for g in got]),
                "deliveries": lib.spread([g["delivery"]["rate"] for g in got]),
                "errors": sum(g["event"]["errors"] + g["owed"] - g["delivery"]["deliveries"] for g in got)}
    first = found[CASES[0][0]]
    lib.table(f"growth, 32 connections ({rounds} × {seconds} s, medians); the log: {log[0]:,} rows, {log[1]:.1f} GB",
              ["", "events/s", "CPU µs an event", "÷ first", "p99 ms", "WAL B", "deliveries/s", "CPU µs a delivery",
               "÷ first", "errors"],
              [[n, f"{r['events']['median']:.0f}", f"{r['event_us']['median']:.0f}",
                f"{r['event_us']['median'] / first['event_us']['median']:.2f}", f"{r['p99']['median']:.1f}",
                f"{r['wal']['median']:.0f}", f"{r['deliveries']['median']:.0f}", f"{r['delivery_us']['median']:.0f}",
                f"{r['delivery_us']['median'] / first['delivery_us']['median']:.2f}", r["errors"]]
               for n, r in found.items()])
    return {"rounds": rounds, "log_rows": log[0], "log_gb": log[1], "cases": found}
