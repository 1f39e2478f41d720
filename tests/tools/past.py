#!/usr/bin/python3
"""What the demo's page shows: the webhooks of a car dealer, and three weeks of
their calls, written into the tables as the programs would have written them."""
import datetime
import hashlib
import json
import math
import os
import random
import subprocess
import sys
import uuid

from client import Api, fixture, read_env

DAYS = 24
HOUR = 3600
BOUNDS = (2, 5, 10, 20, 30, 50, 75, 100, 150, 200, 300, 500, 750, 1000, 2000, 3000, 5000, 10000,
          30000, 60000)  # ms, as hook/latency.h has them
KINDS = {"call_start": 1, "call_end": 2, "call_change": 4}
JSON, FORM = "application/json", "application/x-www-form-urlencoded"
CITIES = ("Санкт-Петербург", "Москва", "Казань", "Екатеринбург", "Нижний Новгород", "Тверь")
CAMPAIGNS = ("Распродажа «Лето»", "Trade-in", "Сервис и ремонт", "Кредит 4,9 %")
RETRY_AFTER = (10, 60, 300)  # s, as the sender waits at first
random.seed(1337)


class Hook:
    """name: the host below avto.example, which says how the receiver behaves;
    bad: what share of the requests fails; ms: how long an answer takes."""

    def __init__(self, service, name, path, events, age, ms, bad=0.01, outage=None, **settings):
        self.service, self.name, self.path, self.events = service, name, path, events
        self.age, self.ms, self.bad, self.outage = age, ms, bad, outage
        self.settings = settings
        self.id = None
        self.ok = self.failed = 0
        self.last = None
        self.hours = {}


def hooks():
    ct_get, ct = fixture("mapping_ct_get.json"), fixture("mapping_ct_json.json")
    end, both = ["call_end"], ["call_start", "call_end"]
    return [
        Hook("calltracking", "crm", "api/calls.php", end, 24, 42, 0.01, (5.4, 5.1), method="GET",
             params=ct_get),
        Hook("calltracking", "bitrix", "rest/1/k3v9x0p2/telephony.call", both, 22, 180, 0.02, (8.2, 7.1),
             method="POST", params=ct, content_type=FORM),
        Hook("calltracking", "sklad", "hooks/call", end, 17, 310, 0.3, method="POST",
             params=[{"name": "phone", "value": "client_number"}, {"name": "seconds", "value": "duration"},
                     {"name": "comment", "template": "{company_name}, {city}"},
                     {"name": "source", "text": "ckct"}], filters={"min_duration": 30}),
        Hook("calltracking", "1c", "hs/telephony/calls", end, 20, 75, 0.02, (1.3, 0), method="POST", params=ct),
        Hook("calltracking", "popup", "ring/", ["call_start"], 12, 9, 0.12, method="GET",
             params=[{"name": "who", "value": "client_number"}, {"name": "line",
                                                                "value": "calltracking_number"}]),
        Hook("callkeeper", "crm", "api/callback.php", both, 24, 55, 0.01, (11.3, 11.1), method="POST", params=[]),
        Hook("callkeeper", "site", "callback.php", end, 19, 120, 0.04, method="POST",
             params=fixture("mapping_ck_form.json"), content_type=FORM),
    ]


def make(api, port, hook):
    body = {"service": hook.service, "origin": f"http://{hook.name}.avto.example:{port}",
            "path": hook.path, "events": hook.events, "enabled": True, "content_type": JSON}
    answer = api.post("/webhooks", {**body, **hook.settings})
    if answer.status != 201:
        sys.exit(f"demo: cannot make a webhook: {answer}")
    hook.id = answer.json["id"]


def id7(at):
    """A UUIDv7 of that time (s since 1970)."""
    n = int(at * 1000) << 80 | 7 << 76 | random.getrandbits(12) << 64 | 2 << 62 | random.getrandbits(62)
    return str(uuid.UUID(int=n))


def floor7(at):
    return str(uuid.UUID(int=int(at * 1000) << 80 | 7 << 76 | 2 << 62))


def text(at):
    return datetime.datetime.fromtimestamp(at, datetime.timezone.utc).isoformat()


def shard_of(account):
    """core/id.h, id_shard"""
    z = account
    z = ((z ^ z >> 30) * 0xbf58476d1ce4e5b9) & (1 << 64) - 1
    z = ((z ^ z >> 27) * 0x94d049bb133111eb) & (1 << 64) - 1
    return (z ^ z >> 31) % 64


def event_key(account, service, kind, call):
    """hook/event.h, event_key"""
    head = b"E" + account.to_bytes(8, "big") + bytes([service, kind])
    return str(uuid.UUID(bytes=hashlib.sha256(head + call.encode()).digest()[:16]))


def field(value):
    """A value of COPY's text format."""
    if value is None:
        return r"\N"
    if isinstance(value, bytes):
        return r"\\x" + value.hex()
    if isinstance(value, list):
        return "{" + ",".join(map(str, value)) + "}"
    return str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


class Past:
    def __init__(self, account, now, made, address):
        self.account, self.now, self.made, self.address = account, now, made, address
        self.shard = shard_of(account)
        self.rows = {"event": [], "event_key": [], "attempt": []}
        self.number = 1337486
        self.data = {
            ("calltracking", "call_start"): fixture("ct_start.json"),
            ("calltracking", "call_end"): fixture("ct_end.json"),
            ("callkeeper", "call_start"): fixture("ck_start.json"),
            ("callkeeper", "call_end"): fixture("ck_end.json"),
        }

    def calls(self):
        """(when, service): days are busy from nine to nine in Moscow, Sundays quiet."""
        first = self.now - DAYS * 24 * HOUR
        for hour in range(DAYS * 24):
            at = first + hour * HOUR
            local = datetime.datetime.fromtimestamp(at + 3 * HOUR, datetime.timezone.utc)
            busy = max(math.sin((local.hour - 8) / 13 * math.pi), 0) if 8 < local.hour < 21 else 0.03
            busy *= (1.05, 1.0, 0.96, 1.02, 1.15, 0.6, 0.35)[local.weekday()]
            for service, a_hour in (("calltracking", 9), ("callkeeper", 4)):
                expected = busy * a_hour * (0.8 + hour / DAYS / 60)
                for _ in range(min(int(random.expovariate(1) * expected + random.random()), 40)):
                    when = at + random.random() * HOUR
                    if when < self.now - 90:
                        yield when, service

    def build(self):
        for when, service in sorted(self.calls()):
            self.number += random.randint(1, 9)
            call = str(self.number)
            seconds = int(random.lognormvariate(4.2, 1)) + 4
            phone = "79" + "".join(random.choices("0123456789", k=9))
            for event, at in (("call_start", when), ("call_end", when + min(seconds, 900) + 6)):
                if at < self.now - 30:
                    self.event(service, event, at, call, phone, seconds)

    def event(self, service, event, at, call, phone, seconds):
        data = dict(self.data[service, event])
        own = {"client_number": phone, "city": random.choice(CITIES), "company_name": random.choice(CAMPAIGNS),
               "duration": seconds if event == "call_end" else None,
               "time_start": datetime.datetime.fromtimestamp(at, datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S")}
        data.update({k: v for k, v in own.items() if k in data})
        number, kind, event_id = ("calltracking", "callkeeper").index(service), KINDS[event], id7(at)
        body = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
        self.rows["event"].append((self.shard, number, kind, self.account, event_id, text(at), call, body))
        self.rows["event_key"].append((self.shard, event_key(self.account, number, kind, call), event_id))
        for hook in self.made:
            least = hook.settings.get("filters", {}).get("min_duration", 0)
            if (hook.service == service and event in hook.events and seconds >= least and
                    at > self.now - hook.age * 24 * HOUR):
                self.deliver(hook, event, at + 0.002, event_id)

    def deliver(self, hook, event, at, event_id):
        delivery = id7(at)
        for n in range(1, len(RETRY_AFTER) + 2):
            days = (self.now - at) / (24 * HOUR)
            out = hook.outage is not None and hook.outage[1] < days < hook.outage[0]
            bad = 1 if out else hook.bad
            error = status = None
            if random.random() < bad:
                error, status = self.mishap(out)
            final = error is None or n > len(RETRY_AFTER) or at + RETRY_AFTER[n - 1] > self.now
            outcome = "delivered" if error is None else "failed" if final else "retry"
            if event == "call_start" and error is not None and n == 2:
                outcome, final = "expired", True
            self.attempt(hook, n, at, delivery, event_id, outcome, error, 200 if error is None else status)
            if final:
                hook.ok += outcome == "delivered"
                hook.failed += outcome != "delivered"
                if hook.last is None or at > hook.last[0]:
                    hook.last = (at, outcome, 200 if error is None else status)
                return
            at += RETRY_AFTER[n - 1] * random.uniform(1, 1.15)

    @staticmethod
    def mishap(out):
        """(error, status)"""
        if out:
            return "http_status", 503
        return random.choices([("http_status", 502), ("http_status", 500), ("timeout", 0), ("reset", 0)],
                              (6, 3, 2, 1))[0]

    def attempt(self, hook, n, at, delivery, event_id, outcome, error, status):
        us = int(hook.ms * 1000 * random.lognormvariate(0, 0.35))
        if error == "timeout":
            us = 10_000_000 + random.randint(200, 4000)
        connect = random.randint(600, 2400)
        response = {200: b"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Type: text/plain\r\n\r\nok",
                    500: b"HTTP/1.1 500 Internal Server Error\r\nServer: Apache\r\nContent-Type: text/html\r\n\r\n"
                         b"<b>Fatal error</b>: Allowed memory size exhausted in calls.php on line 84",
                    502: b"HTTP/1.1 502 Bad Gateway\r\nServer: nginx\r\nContent-Type: text/html\r\n\r\n"
                         b"<center><h1>502 Bad Gateway</h1></center>",
                    503: ("HTTP/1.1 503 Service Unavailable\r\nServer: nginx\r\nContent-Type: text/html\r\n\r\n"
                          "<h1>Технические работы</h1>").encode()}.get(status)
        self.rows["attempt"].append((
            self.shard, n, status, 1, id7(at), hook.id, delivery, event_id, text(at), outcome, error, None,
            self.address, 180, connect, None, us if status else None, us + 150, response))
        hour = hook.hours.setdefault(int(at // HOUR), [0, 0, 0, 0, 0, [0] * len(BOUNDS)])
        hour[0] += outcome == "delivered"
        hour[1] += outcome in ("failed", "expired")
        hour[2] += 1
        hour[3] += error is not None
        if status:
            hour[4] += us + 150
            hour[5][next((i for i, ms in enumerate(BOUNDS[:-1]) if us + 150 <= ms * 1000), len(BOUNDS) - 1)] += 1

    def sql(self):
        yield "BEGIN;\nSET LOCAL ROLE callhook_owner;\n"
        today = int(self.now // (24 * HOUR))
        for day in range(today - DAYS - 1, today + 1):
            at = day * 24 * HOUR
            for table in ("event", "attempt"):
                yield (f"SELECT callhook.partition_make('{table}', DATE '{text(at)[:10]}', '{floor7(at)}', "
                       f"'{floor7(at + 24 * HOUR)}');\n")
        yield "RESET ROLE;\n"  # the superuser's: row level security takes no COPY
        columns = {
            "event": "shard, service, kind, account_id, id, occurred_at, call_id, data",
            "event_key": "shard, key, event_id",
            "attempt": "shard, n, status, webhook_version, id, webhook_id, delivery_id, event_id, at, outcome, "
                       "error, detail, address, dns_us, connect_us, tls_us, first_byte_us, total_us, response",
            "webhook_hour": "shard, service, hour, account_id, webhook_id, delivered, failed, attempts, "
                            "failed_attempts, answer_us, buckets",
            "webhook_stat": "shard, webhook_id, sent_ok, sent_failed, last_at, last_outcome, last_status",
        }
        self.rows["webhook_hour"] = [
            (self.shard, ("calltracking", "callkeeper").index(hook.service), hour, self.account, hook.id, *sums)
            for hook in self.made for hour, sums in hook.hours.items()]
        self.rows["webhook_stat"] = [
            (self.shard, hook.id, hook.ok, hook.failed, text(hook.last[0]), hook.last[1], hook.last[2])
            for hook in self.made if hook.last]
        for table, rows in self.rows.items():
            yield f"COPY callhook.{table} ({columns[table]}) FROM stdin;\n"
            yield from ("\t".join(map(field, row)) + "\n" for row in rows)
            yield "\\.\n"
        for hook in self.made:
            made = text(self.now - hook.age * 24 * HOUR)
            where = f"shard = {self.shard} AND {{}} = '{hook.id}'"
            yield (f"UPDATE callhook.webhook SET created_at = '{made}', updated_at = '{made}' "
                   f"WHERE {where.format('id')};\n")
            yield (f"UPDATE callhook.webhook_version SET at = '{made}', who = 'user:ivanova' "
                   f"WHERE {where.format('webhook_id')};\n")
        yield "COMMIT;\n"


def make_past(env):
    """The webhooks and their past; several thousand deliveries."""
    api = Api(env["CALLHOOK_URL"], env["CALLHOOK_ACCOUNT_KEY"])
    made = hooks()
    for hook in made:
        make(api, env["CALLHOOK_PORT"], hook)
    past = Past(int(env["CALLHOOK_ACCOUNT_ID"]), datetime.datetime.now().timestamp(), made,
                f"127.0.0.1:{env['CALLHOOK_PORT']}")
    past.build()
    variables = {name: env[name] for name in ("PGHOST", "PGPORT", "PGUSER", "PGDATABASE")}
    done = subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null"],
                          input="".join(past.sql()), text=True, env={**os.environ, **variables}, check=False)
    if done.returncode != 0:
        sys.exit("demo: the past cannot be written")
    return sum(hook.ok + hook.failed for hook in made)


if __name__ == "__main__":
    print(make_past(read_env(sys.argv[1])), "deliveries of the past")
