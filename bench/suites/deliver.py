"""Deliver: drain a backlog of 1 kB bodies to nginx.

Yardsticks in the same run: a bare libcurl multi loop with the same connections and no database;
graphile-worker and pg-boss with fetch() at good settings (Node peers, when installed).
"""
import json
import os
import resource
import subprocess
import time
import urllib.request

import lib
from suites import load

BODY = json.dumps({"client_number": "79995550188", "company_name": "x" * 950})


def fill(stack, count):
    """count deliveries of one webhook, as the ingest would have written them."""
    webhook = stack.webhook(service="calltracking", origin=f"http://127.0.0.1:{stack.sink}", path="in", method="POST",
                            events=["call_end"], params=[{"name": "phone", "value": "client_number"},
                                                         {"name": "campaign", "value": "company_name"}])
    stack.sql(f"""
CREATE TEMP TABLE made AS SELECT i, w.shard, w.id AS webhook_id,
  {load.uuid7(count, 0)} AS event_id, {load.uuid7(count, 1)} AS id
  FROM generate_series(1, {count}) i, callhook.webhook w WHERE w.id = '{webhook["id"]}';
INSERT INTO callhook.event (shard, service, kind, account_id, id, call_id, data)
  SELECT shard, 0, 2, 10234, event_id, 'd' || i, convert_to('{BODY}', 'UTF8') FROM made;
INSERT INTO callhook.outbox (shard, kind, attempt, due, call, id, webhook_id, event_id)
  SELECT shard, 2, 0, now(), i, id, webhook_id, event_id FROM made;
ANALYZE callhook.outbox; ANALYZE callhook.event; CHECKPOINT;""")


def owed(stack):
    return int(stack.sql("SELECT count(*) FROM callhook.outbox")[0][0])


def arrived(stack):
    """Requests that nginx has seen, without those that ask for this."""
    with urllib.request.urlopen(f"http://127.0.0.1:{stack.sink}/status", timeout=10) as answer:
        n = int(answer.read().split()[9])
    stack.asked = getattr(stack, "asked", 0) + 1
    return n - stack.asked


def callhook(stack, count, window):
    stack.sql("DELETE FROM callhook.webhook; TRUNCATE callhook.outbox, callhook.attempt")
    fill(stack, count)
    with lib.running(stack.sender, stderr=subprocess.DEVNULL) as p, lib.Cpu(stack) as cpu:
        # nginx counts: to ask the database would be work of its own.
        deadline = time.monotonic() + 300
        before = arrived(stack)
        first = last = None
        while (n := arrived(stack) - before) < count and time.monotonic() < deadline:
            if first is None and n > 0:
                first = (time.monotonic(), n)
            time.sleep(0.01)
        last = (time.monotonic(), n)
        while (left := owed(stack)) > 0 and time.monotonic() < deadline:
            time.sleep(0.02)
        rss = lib.peak_rss_kb(p.pid)
    failed = int(stack.sql("SELECT count(*) FROM callhook.attempt WHERE outcome <> 'delivered'")[0][0])
    return {"rate": (last[1] - first[1]) / (last[0] - first[0]), "cpu_us": cpu.of("callhook-sender", "postgres") / count * 1e6,
            "sender_us": cpu.of("callhook-sender") / count * 1e6, "rss_mb": rss / 1024, "failed": failed + left}


def bare(stack, count, window):
    program = lib.build_peer("multi_loop", ["curl"])
    with lib.Cpu(stack) as cpu:
        out = json.loads(subprocess.run([program, f"http://127.0.0.1:{stack.sink}/in", str(count), str(len(BODY)),
                                         str(window)], check=True, capture_output=True, text=True).stdout)
    return {"rate": count / out["seconds"], "cpu_us": out["cpu"] / count * 1e6, "sender_us": out["cpu"] / count * 1e6,
            "rss_mb": out["rss_kb"] / 1024, "failed": out["failed"]}


def node_peer(stack, which, count, window):
    database = "bench_" + which.replace("-", "_")
    subprocess.run(["dropdb", "--if-exists", database], check=True, stderr=subprocess.DEVNULL)
    subprocess.run(["createdb", database], check=True)
    env = {**os.environ, "NODE_ENV": "production", "BENCH_BODY": BODY, "GRAPHILE_LOGGER_DEBUG": "",
           "BENCH_CONNINFO": f"postgresql:///{database}?host={stack.env['PGHOST']}&port={stack.env['PGPORT']}"
                             f"&user={stack.env['PGUSER']}"}
    program = [str(lib.node()), str(lib.BENCH / "peers" / "drain.mjs"), which,
               f"http://127.0.0.1:{stack.sink}/in", str(count), str(window)]
    subprocess.run([*program, "fill"], check=True, env=env)
    stack.sql("CHECKPOINT")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with lib.Cpu(stack) as cpu:
        out = json.loads(subprocess.run([*program, "drain"], check=True, env=env, capture_output=True,
                                        text=True).stdout.splitlines()[-1])
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    node = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    subprocess.run(["dropdb", database], check=True)
    return {"rate": count / out["seconds"], "cpu_us": (node + cpu.of("postgres")) / count * 1e6,
            "sender_us": node / count * 1e6, "rss_mb": out["rss_mb"], "failed": out["failed"]}


def run(stack, quick):
    count, rounds, window = (10000, 1, 32) if quick else (50000, 3, 32)
    stack.sink = lib.free_port()
    stack.sql("ALTER SYSTEM SET checkpoint_timeout = '30min'; SELECT pg_reload_conf()")
    who = {"callhook": callhook, "bare libcurl": bare}
    if lib.node():
        for name in ("graphile-worker", "pg-boss"):
            who[name] = lambda s, c, w, name=name: node_peer(s, name, c, w)
    got = {name: [] for name in who}
    with stack.sender_stopped() as stack.sender, lib.nginx(
            f"server {{ listen 127.0.0.1:{stack.sink}; location = /status {{ stub_status; }}"
            " location / { return 200 'ok'; } }"):
        lib.wait_for(stack.sink)
        for _ in range(rounds):
            for name, measure in who.items():
                # The Node peers are slow: a look at them needs fewer.
                fewer = 5 if quick and measure not in (callhook, bare) else 1
                got[name].append(measure(stack, count // fewer, window))
    result = {n: {k: lib.median([r[k] for r in rs]) for k in rs[0]} for n, rs in got.items()}
    ours = result["callhook"]["rate"]
    lib.table(f"drain {count} bodies of {len(BODY)} bytes, {window} connections ({rounds} rounds, medians)",
              ["", "deliveries/s", "callhook ÷", "CPU µs", "sender µs", "RSS MB", "failed"],
              [[n, f"{r['rate']:.0f}", f"{ours / r['rate']:.2f}", f"{r['cpu_us']:.0f}", f"{r['sender_us']:.0f}",
                f"{r['rss_mb']:.0f}", f"{r['failed']:.0f}"] for n, r in result.items()])
    return result
