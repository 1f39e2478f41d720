#!/usr/bin/python3
"""The demo's generator: gives the account webhooks with a past, posts the calls of
tests/fixtures again and again, and says every second what became of them."""
import os
import random
import signal
import sys
import threading
import time

from client import Api, Ledger, call_id, event_text, fixture_text, read_env
from past import make_past

CALLS_A_SECOND = 0.3


class Feeder(threading.Thread):
    def __init__(self, env):
        super().__init__(daemon=True)
        self.api = Api(env["CALLHOOK_URL"], env["CALLHOOK_INGEST_KEY"])
        self.account = int(env["CALLHOOK_ACCOUNT_ID"])
        self.accepted = self.refused = self.owed = 0
        self.at = {}
        self.stop = False

    def post(self, service, event, call, data):
        now = time.time()
        try:
            answer = self.api.post("/events", event_text(self.account, service, event, call, data))
        except OSError:
            self.refused += 1
            return
        if answer.status != 202:
            self.refused += 1
            return
        self.accepted += 1
        self.owed += answer.json["deliveries"]
        self.at[(call, event)] = now

    def run(self):
        ends = []
        services = {"calltracking": "ct", "callkeeper": "ck"}
        texts = {x: fixture_text(f"{x}.json") for x in ("ct_start", "ct_end", "ck_start", "ck_end")}
        while not self.stop:
            service = random.choice(list(services))
            call = call_id()
            self.post(service, "call_start", call, texts[services[service] + "_start"])
            ends.append((time.monotonic() + random.uniform(0.5, 3), service, call))
            while ends and min(ends)[0] < time.monotonic():
                due = min(ends)
                ends.remove(due)
                self.post(due[1], "call_end", due[2], texts[services[due[1]] + "_end"])
            time.sleep(random.expovariate(CALLS_A_SECOND))


def outcomes(api):
    """So many were delivered, and so many given up, of all webhooks there are."""
    try:
        hooks = [h for s in ("calltracking", "callkeeper")
                 for h in api.get("/webhooks?service=" + s).json["data"]]
    except (OSError, ValueError, KeyError):
        return None
    return sum(h["sent_ok"] for h in hooks), sum(h["sent_failed"] for h in hooks)


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    env = read_env(sys.argv[1])
    api = Api(env["CALLHOOK_URL"], env["CALLHOOK_ACCOUNT_KEY"])
    make_past(env)
    ledgers = [Ledger(os.path.join(env["CALLHOOK_DATA"], "ledger", n + ".jsonl"))
               for n in ("own", "php", "webhook")]
    feeder = Feeder(env)
    events = {"BEFORE_CALL_START": "call_start", "AFTER_CALL_FINISH": "call_end"}
    lags = []
    last = 0.0
    past = now = outcomes(api) or (0, 0)
    feeder.start()
    retried = 0
    print(f"{'accepted':>10}{'delivered':>11}{'retried':>9}{'failed':>8}{'refused':>9}"
          f"{'p95 ms':>9}    (p95: accepted → first arrival, last 500)")
    while True:
        time.sleep(1)
        for ledger in ledgers:
            for s in ledger.read():
                at = feeder.at.get((s.call, events.get(s.header("X-CKCT-Event"))))
                # Debian's webhook starts a program first, which then notes the time.
                if at and s.attempt == 1 and s.target:
                    lags.append((s.time - at) * 1000)
                retried += s.attempt > 1
            ledger.seen.clear()
        lags = lags[-500:]
        old = time.time() - 300
        for key in [k for k, at in list(feeder.at.items()) if at < old]:
            feeder.at.pop(key, None)
        now = outcomes(api) or now
        delivered, failed = (max(n - p, 0) for n, p in zip(now, past))
        p95 = sorted(lags)[int(len(lags) * 0.95)] if lags else last
        last = p95
        print(f"{feeder.accepted:>10}{delivered:>11}{retried:>9}"
              f"{failed:>8}{feeder.refused:>9}{p95:>9.1f}", flush=True)


if __name__ == "__main__":
    main()
