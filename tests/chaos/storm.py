"""Callers that do as they are told, and the audit of what became of their calls.

  I1  what was accepted was delivered
  I2  nothing was delivered that nobody posted
  I3  what came twice is bounded by what was in flight at the faults
  I4  every copy has the same body
  I5  the database says in the end what the ledger says
  I6  a call's delivery keeps its id"""
import http.client
import random
import threading
import time

from client import call_id, wait_for

ROWS = []
IN_FLIGHT = 100
# What may be in flight, and what has ended and waits up to 20 ms to be written.
HARM = 2 * IN_FLIGHT
# What tells a caller to come again: the web server's own answers while no worker lives, too.
AGAIN = (429, 500, 502, 503, 504)


class Storm:
    def __init__(self, stack, accounts=6, path="slow/10", **fields):
        self.stack = stack
        self.unique = call_id()
        self.accounts = [stack.account() for _ in range(accounts)]
        self.hooks = [a.webhook(f"{path}/{self.unique}", **fields) for a in self.accounts]
        self.ledger = stack.ledger()
        self.accepted = {}
        self.refused = {}
        self.wrong = []
        # Accepted at an earlier try whose answer never came.
        self.known = 0
        self.slowest = 0.0
        self.faults = 0
        self.ending = threading.Event()
        self.threads = []

    def start(self, threads=4, batch=5, pause=0.02):
        def work():
            try:
                while not self.ending.is_set():
                    self.post(batch)
                    time.sleep(pause)
            except Exception as e:  # an answer that is not what the document says, for one
                self.wrong.append(e)
        self.threads = [threading.Thread(target=work, daemon=True) for _ in range(threads)]
        for t in self.threads:
            t.start()
        return self

    def post(self, n, patience=60):
        """n events; the same again until they are accepted."""
        events = []
        for _ in range(n):
            a = random.choice(self.accounts)
            events.append(a.event({"client_number": call_id()}, call_id=call_id()))
        end = time.monotonic() + patience
        while time.monotonic() < end:
            begin = time.monotonic()
            try:
                answer = self.stack.ingest.post("/events", events, timeout=60)
            except (OSError, http.client.HTTPException):
                self.refuse("connection")
                time.sleep(0.05)
                continue
            self.slowest = max(self.slowest, time.monotonic() - begin)
            if answer.status == 202 and self.take(events, answer):
                return
            if answer.status == 202:
                time.sleep(0.05)
                continue
            self.refuse(answer.status)
            told = "x-request-id" not in answer.headers or answer.status == 500 or answer.headers["Retry-After"]
            if answer.status not in AGAIN or not told:
                self.wrong.append(answer)
                return
            time.sleep(0.05)
        self.wrong.append("nobody took it")

    def take(self, events, answer):
        """False: some of them have to be posted again, and the others may."""
        whole = True
        for event, item in zip(events, answer.json["data"]):
            if "error" not in item:
                self.accepted[event["call_id"]] = item["id"]
                self.known += item["duplicate"]
            elif item["error"]["status"] in AGAIN:
                whole = False
                self.refuse(item["error"]["status"])
            else:
                self.wrong.append(item)
        return whole

    def refuse(self, why):
        self.refused[why] = self.refused.get(why, 0) + 1

    def stop(self):
        self.ending.set()
        for t in self.threads:
            t.join()
        self.threads = []

    def owed(self):
        return self.stack.sql("SELECT count(*) FROM callhook.outbox o JOIN callhook.webhook w ON w.id = o.webhook_id"
                              " WHERE w.account_id = ANY (%s)", [a.number for a in self.accounts])[0][0]

    def audit(self, fault, bound=0, patience=60):
        """After the faults: stops, waits, checks all six and writes the row."""
        self.stop()
        assert not self.wrong, self.wrong[:3]
        assert self.accepted, "nothing was accepted at all"
        at_rest = wait_for(lambda: self.owed() == 0, patience, 0.2)
        time.sleep(0.5)
        self.ledger.read()
        ours = [s for s in self.ledger.seen if self.unique in (s.target or "")]
        by_call = {}
        for s in ours:
            by_call.setdefault(s.call, []).append(s)
        lost = set(self.accepted) - set(by_call)
        twice = len(ours) - len(by_call)
        ROWS.append((fault, self.faults, len(self.accepted), len(set(self.accepted) & set(by_call)), twice, len(lost)))
        print(f"{fault}: {self.faults} faults, {len(self.accepted)} accepted, {twice} twice, {self.known} known already, refused {self.refused},"
              f" slowest answer {self.slowest:.1f} s")
        assert at_rest, f"{self.owed()} are still owed"
        assert not lost, f"I1: {len(lost)} lost"
        assert not set(by_call) - set(self.accepted), "I2: never accepted"
        assert twice <= bound, f"I3: {twice} twice, at most {bound}"
        for copies in by_call.values():
            assert len({s.entry["sha256"] for s in copies}) == 1, "I4"
            assert len({s.id for s in copies}) == 1, "I6"
        self.audit_database(by_call)
        return twice

    def audit_database(self, by_call):
        numbers = [a.number for a in self.accounts]
        events = dict(self.stack.sql("SELECT call_id, id::text FROM callhook.event WHERE account_id = ANY (%s)", numbers))
        n = self.stack.sql("SELECT count(*) FROM callhook.event WHERE account_id = ANY (%s)", numbers)[0][0]
        assert events == self.accepted and n == len(events), "I5: an event twice, or another id than was answered"
        rows = self.stack.sql("SELECT a.delivery_id::text FROM callhook.attempt a JOIN callhook.webhook w"
                              " ON w.id = a.webhook_id WHERE w.account_id = ANY (%s) AND a.outcome = 'delivered'", numbers)
        done = [r[0] for r in rows]
        assert len(done) == len(set(done)), "I5: delivered twice, says the database"
        assert set(done) == {x[0].id for x in by_call.values()}, "I5"
