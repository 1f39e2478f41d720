"""What the sender's suites share: steady posting, a sink that notes arrivals, an address that hangs, backlogs."""
import json
import pathlib
import selectors
import socket
import statistics
import tempfile
import threading
import time
import urllib.request

import lib

DATA = '{"client_number":"79995550188","duration":152}'


class Poster(threading.Thread):
    """Posts `batch` call_end events every 1/`hertz` s; notes when the 202 came, by call."""

    def __init__(self, stack, batch, hertz):
        super().__init__(daemon=True)
        self.url = stack.env["CALLHOOK_URL"] + "/events"
        self.account = int(stack.env["CALLHOOK_ACCOUNT_ID"])
        self.headers = {"Authorization": f"Bearer {stack.env['CALLHOOK_INGEST_KEY']}",
                        "Content-Type": "application/json"}
        self.batch, self.pause = batch, 1 / hertz
        self.posted, self.refused = {}, 0
        self.stopping = threading.Event()

    def run(self):
        n, due = 0, time.monotonic()
        while not self.stopping.wait(max(0.0, due - time.monotonic())):
            due += self.pause
            n += 1
            calls = [f"c{time.time_ns()}-{n}-{i}" for i in range(self.batch)]
            body = [{"account_id": self.account, "service": "calltracking", "event": "call_end", "call_id": c,
                     "data": json.loads(DATA)} for c in calls]
            try:
                request = urllib.request.Request(self.url, method="POST", headers=self.headers,
                                                 data=json.dumps(body).encode())
                urllib.request.urlopen(request, timeout=10).read()
                now = time.time()
                self.posted.update((c, now) for c in calls)
            except OSError:
                self.refused += 1

    def stop(self):
        self.stopping.set()
        self.join(15)


class Sink:
    """An nginx that answers 200 and logs arrival time, call and delivery."""

    def __init__(self):
        self.port = lib.free_port()
        self.log = pathlib.Path(tempfile.mkdtemp(prefix="callhook-bench-sink-")) / "log"
        self.log.parent.chmod(0o777)

    def nginx(self):
        return lib.nginx(f"server {{ listen 127.0.0.1:{self.port}; return 200 'ok'; access_log {self.log} a; }}",
                         "log_format a '$msec $http_x_ckct_call_id $http_webhook_id';")

    def arrivals(self):
        """[(time, call, delivery)] so far."""
        rows = (line.split() for line in self.log.read_text().splitlines()) if self.log.exists() else ()
        return [(float(r[0]), r[1], r[2]) for r in rows if len(r) == 3]


class Hanging(threading.Thread):
    """Accepts and never answers."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = self.listener.getsockname()[1]

    def run(self):
        chosen = selectors.DefaultSelector()
        chosen.register(self.listener, selectors.EVENT_READ)
        while True:
            for key, _ in chosen.select():
                if key.fileobj is self.listener:
                    connection, _ = self.listener.accept()
                    chosen.register(connection, selectors.EVENT_READ)
                elif not key.fileobj.recv(65536):
                    chosen.unregister(key.fileobj)
                    key.fileobj.close()


def uuid7(count, which):
    """SQL: ids of `count` rows i, one a millisecond up to now, ascending as the programs make them."""
    return (f"(lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint - {count} + i), 12, '0') || '7{which:03}b000'"
            " || lpad(to_hex(i), 12, '0'))::uuid")


def owe(stack, webhook, count):
    """count deliveries of one webhook, all of one event: what a backlog looks like to the sender."""
    stack.sql(f"""
INSERT INTO callhook.event (shard, service, kind, account_id, id, call_id, data)
  SELECT w.shard, w.service, 2, w.account_id, w.id, 'backlog', convert_to('{DATA}', 'UTF8')
  FROM callhook.webhook w WHERE w.id = '{webhook["id"]}' ON CONFLICT DO NOTHING;
INSERT INTO callhook.outbox (shard, kind, attempt, due, call, id, webhook_id, event_id)
  SELECT w.shard, 2, 0, now() - interval '1 h' + i * interval '1 us', i, {uuid7(count, 1)}, w.id, w.id
  FROM generate_series(1, {count}) i, callhook.webhook w WHERE w.id = '{webhook["id"]}';
VACUUM ANALYZE callhook.outbox; CHECKPOINT;""")


def latency(poster, arrivals, since=0.0):
    """p50 and p99 in ms from 202 to arrival; how many have not arrived."""
    first = {}
    for at, call, delivery in arrivals:
        first.setdefault((call, delivery), at)
    values = sorted((at - poster.posted[call]) * 1e3 for (call, _), at in first.items()
                    if call in poster.posted and poster.posted[call] >= since)
    cuts = statistics.quantiles(values, n=100)
    return {"p50": cuts[49], "p99": cuts[98], "n": len(values)}


def clear(stack):
    stack.sql("DELETE FROM callhook.webhook; TRUNCATE callhook.outbox, callhook.attempt, callhook.event_key")


def hook(stack, port, **settings):
    return stack.webhook(**{"service": "calltracking", "origin": f"http://127.0.0.1:{port}", "path": "in",
                            "method": "POST", "events": ["call_end"],
                            "params": [{"name": "phone", "value": "client_number"}], **settings})
