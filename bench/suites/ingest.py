"""Ingest: one event a request and 100 a request, through nginx, against what one would write instead.

Peers on the same PostgreSQL (fsync and synchronous_commit on), same body, two matching webhooks:
php-fpm static 8 with prepared statements, a Node cluster with pg, callhook with batches of one, an
empty libfcgi program (the ceiling of nginx and libfcgi), pgbench inserting the same rows 100 a transaction.
"""
import contextlib
import os
import pathlib
import pwd
import shutil
import subprocess
import tempfile
import time

import lib

DATA = lib.ROOT / "tests" / "fixtures" / "ct_end.json"
SERVER = ("callhook-api", "callhook", "nginx", "php-fpm", "node", "empty_fcgi", "callhook-bench", "postgres")


@contextlib.contextmanager
def peers(stack):
    """php-fpm, Node and the empty program behind one private nginx; yields name → URL."""
    subprocess.run(["createdb", "bench"], check=True)
    stack.sql((lib.BENCH / "peers" / "schema.sql").read_text(), "bench")
    d = pathlib.Path(tempfile.mkdtemp(prefix="callhook-bench-peers-"))
    os.chmod(d, 0o777)
    user = pwd.getpwuid(os.stat(f"/proc/{stack.pid('api')}").st_uid).pw_name
    conninfo = stack.conninfo("bench")
    port, node_port = lib.free_port(), lib.free_port()
    urls = {"empty libfcgi": f"http://127.0.0.1:{port}/empty"}
    with contextlib.ExitStack() as on:
        on.callback(shutil.rmtree, d, True)
        empty = lib.build_peer("empty_fcgi", ["fcgi"])
        on.enter_context(lib.running([empty, d / "empty.sock", "2"]))
        lib.wait_for(d / "empty.sock")
        php = sorted(pathlib.Path("/usr/sbin").glob("php-fpm*"))
        if php:
            (d / "fpm.conf").write_text(f"""[global]
error_log = {d}/fpm.log
daemonize = no
[www]
listen = {d}/php.sock
listen.mode = 0666
listen.backlog = 511
pm = static
pm.max_children = 8
user = {user}
group = {user}
clear_env = no
""")
            on.enter_context(lib.running([php[-1], "-R", "-y", d / "fpm.conf", "-c", "/dev/null",
                                          "-d", "extension=pgsql"],
                                         env={**os.environ, "BENCH_CONNINFO": conninfo},
                                         stderr=subprocess.DEVNULL))
            lib.wait_for(d / "php.sock")
            urls["php-fpm 8"] = f"http://127.0.0.1:{port}/php"
        if lib.node():
            on.enter_context(lib.running([lib.node(), lib.BENCH / "peers" / "ingest.mjs", node_port, 2, 8],
                                         env={**os.environ, "NODE_ENV": "production", "BENCH_CONNINFO":
                                              f"postgresql:///bench?host={stack.env['PGHOST']}"
                                              f"&port={stack.env['PGPORT']}&user={stack.env['PGUSER']}"}))
            lib.wait_for(node_port)
            urls["node cluster"] = f"http://127.0.0.1:{port}/node"
        fcgi = "include /etc/nginx/fastcgi_params; fastcgi_pass unix:"
        on.enter_context(lib.nginx(f"""upstream node {{ server 127.0.0.1:{node_port}; keepalive 64; }}
  server {{ listen 127.0.0.1:{port} backlog=4096; error_log stderr crit;
    error_page 502 504 = @busy; location @busy {{ add_header Retry-After 5 always; return 503; }}
    location /empty {{ {fcgi}{d}/empty.sock; }}
    location /php {{ {fcgi}{d}/php.sock; fastcgi_param SCRIPT_FILENAME {lib.BENCH}/peers/ingest.php; }}
    location /node {{ proxy_pass http://node; proxy_http_version 1.1; proxy_set_header Connection ""; }}
  }}"""))
        lib.wait_for(port)
        yield urls


def measure(stack, url, connections, seconds, key, batch=1, accounts=1):
    wal = stack.sql("SELECT pg_current_wal_lsn()")[0][0]
    with lib.Cpu(stack) as cpu:
        got = lib.wrk(url, connections, seconds, lib.BENCH / "post.lua", key,
                      {"BENCH_DATA": str(DATA), "BENCH_BATCH": str(batch), "BENCH_ACCOUNTS": str(accounts)})
    used = sum(v for k, v in cpu.by_name.items() if k.startswith(SERVER))
    bytes_ = int(stack.sql(f"SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '{wal}')")[0][0])
    events = max(got["requests"] * batch, 1)
    return {**got, "events": got["rate"] * batch, "cpu_us": used / events * 1e6, "wal": bytes_ / events,
            "cpu_by_name": {k: v / events * 1e6 for k, v in cpu.by_name.items() if k.startswith(SERVER)}}


def middle(rounds):
    """Medians of the rounds, their spread, the sum of errors, CPU by process."""
    plain = [k for k in rounds[0] if k not in ("errors", "cpu_by_name")]
    return {**{k: lib.median([r[k] for r in rounds]) for k in plain},
            "spread": {k: lib.spread([r[k] for r in rounds]) for k in ("rate", "p50", "p99", "cpu_us")},
            "errors": sum(r["errors"] for r in rounds),
            "cpu_by_name": {k: lib.median([r["cpu_by_name"].get(k, 0) for r in rounds]) for k in rounds[0]["cpu_by_name"]}}


def one_a_request(stack, urls, key, quick):
    connections = [32, 128] if quick else [1, 8, 32, 128]
    rounds, seconds = (1, 2) if quick else (3, 5)
    results = {}
    for c in connections:
        got = {name: [] for name in urls}
        for _ in range(rounds):
            for name, url in urls.items():      # alternating: phases of the machine hit all alike
                got[name].append(measure(stack, url, c, seconds, key if name == "callhook" else ""))
        results[c] = {name: middle(r) for name, r in got.items()}
        ours = results[c]["callhook"]["rate"]
        lib.table(f"one event a request, {c} connections ({rounds} × {seconds} s, medians)",
                  ["", "req/s", "least–most", "callhook ÷", "p50 ms", "p99 ms", "CPU µs", "WAL B", "errors"],
                  [[n, f"{r['rate']:.0f}", "{least:.0f}–{most:.0f}".format(**r["spread"]["rate"]), f"{ours / r['rate']:.2f}", f"{r['p50']:.2f}", f"{r['p99']:.2f}",
                    f"{r['cpu_us']:.0f}", f"{r['wal']:.0f}", r["errors"]] for n, r in results[c].items()])
        print("  CPU µs of callhook by process: " + ", ".join(
            f"{k} {v:.0f}" for k, v in sorted(results[c]["callhook"]["cpu_by_name"].items(), key=lambda x: -x[1])))
    return results


def hundred_a_request(stack, key, quick):
    seconds, rounds = (2, 1) if quick else (5, 3)
    script = tempfile.NamedTemporaryFile("w", suffix=".sql")
    text = DATA.read_text().replace("'", "''").replace("\n", " ")
    script.write("\\set n random(1, 1000000000)\nWITH e AS (INSERT INTO event (account_id, service, event, call_id, data) "
                 "SELECT 10234, 'calltracking', 'call_end', :n || '-' || :client_id || '-' || i || '-' || "
                 f"extract(epoch FROM clock_timestamp()), '{text}' FROM generate_series(1, 100) i RETURNING id) "
                 "INSERT INTO outbox (event_id, webhook_id) SELECT e.id, w.id FROM e, webhook w;\n")
    script.flush()
    ours, theirs, cpu_us = [], [], []
    for _ in range(rounds):
        ours.append(measure(stack, stack.env["CALLHOOK_URL"] + "/events", 8, seconds, key, 100))
        with lib.Cpu(stack) as cpu:
            out = subprocess.run(["pgbench", "-n", "-M", "prepared", "-c", "8", "-T", str(seconds), "-f", script.name,
                                  "bench"], check=True, capture_output=True, text=True).stdout
            time.sleep(0.5)     # until its backends are gone and counted
        theirs.append(float(out.split("tps = ")[1].split()[0]) * 100)
        cpu_us.append(cpu.of("postgres", "pgbench") / (theirs[-1] * seconds) * 1e6)
    rates = {"callhook": lib.spread([r["events"] for r in ours]), "pgbench": lib.spread(theirs)}
    used = {"callhook": lib.spread([r["cpu_us"] for r in ours]), "pgbench": lib.spread(cpu_us)}
    lib.table("100 events a request", ["", "events/s", "least–most", "callhook ÷", "CPU µs an event"],
              [[k, f"{v['median']:.0f}", f"{v['least']:.0f}–{v['most']:.0f}",
                f"{rates['callhook']['median'] / v['median']:.2f}", f"{used[k]['median']:.0f}"] for k, v in rates.items()])
    return {"rates": rates, "cpu_us": used}


def run(stack, quick):
    key = stack.env["CALLHOOK_INGEST_KEY"]
    url, seconds = stack.env["CALLHOOK_URL"] + "/events", 2 if quick else 10
    idle = {}
    clear(stack)
    with stack.sender_stopped(), peers(stack) as urls:
        one = one_a_request(stack, {"callhook": url, **urls}, key, quick)
        hundred = hundred_a_request(stack, key, quick)
        workers_mb = lib.workers_mb(stack)
        idle["shared commits"] = lib.offer(url, key, DATA, 50, seconds, 16)["accepted"]
        stack.configure("api", batch=1)
        idle["one transaction a request"] = lib.offer(url, key, DATA, 50, seconds, 16)["accepted"]
        alone = measure(stack, url, 32, seconds, key)
    lib.table("50 requests a second", ["", "p50 ms", "p99 ms"],
              [[k, f"{r['p50']:.2f}", f"{r['p99']:.2f}"] for k, r in idle.items()])
    lib.table("batching off, 32 connections", ["", "req/s", "CPU µs"],
              [["callhook, batch = 1", f"{alone['rate']:.0f}", f"{alone['cpu_us']:.0f}"]])
    print(f"  workers: {', '.join(f'{mb:.0f}' for mb in workers_mb)} MB")
    return {"one": one, "hundred": hundred, "batch_off": alone, "idle": idle, "workers_mb": workers_mb}


def clear(stack):
    """Leaves the demo's account with exactly two webhooks that hear the end of calls."""
    stack.sql("DELETE FROM callhook.webhook; DELETE FROM callhook.outbox")
    for n in range(2):
        stack.webhook(service="calltracking", origin="http://127.0.0.1:20009", path=f"bench/{n}", method="POST",
                      events=["call_end"], params=[{"name": "phone", "value": "client_number"}])
