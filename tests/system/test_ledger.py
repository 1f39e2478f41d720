"""What was accepted against what arrived and what the database says in the end, while
senders are killed, frozen, cut off from PostgreSQL and stopped under load:

  nothing is lost; nothing arrives that was not accepted; a delivery keeps its id and
  its body; what arrives twice was in the air at a moment when its sender was harmed,
  and there is a bound to it; in the end the database says what the ledger says."""
import os
import random
import signal
import socket
import threading
import time

import pytest

from client import call_id, wait_for
from conftest import SETTINGS, Stack
from senders import Senders

ACCOUNTS = 24
IN_FLIGHT = 100
# Twice what may be in flight: what has ended waits up to 20 ms to be written.
HARM = 2 * IN_FLIGHT
# From an arrival to its record in the database, on a busy machine.
SETTLED = 1.5
# From its sending to its arrival, there.
UNDER_WAY = 0.25
OURS = SETTINGS + f"""
sender.connect_timeout=5s
sender.timeout=15s
sender.in_flight={IN_FLIGHT}
sender.window=16
sender.retries=1500ms 1500ms 1500ms
"""


class Books:
    """What one test posts, and the audit of it.  harms: when which harm was done; an id may
    come again only with one of them between."""

    def __init__(self, stack, ledger, accounts):
        self.stack, self.ledger, self.accounts = stack, ledger, accounts
        self.accepted = {}
        self.harms = []
        self.posting = None

    def post(self, n):
        events = []
        for _ in range(n):
            a = random.choice(self.accounts)
            events.append(a.event({"client_number": str(len(self.accepted) + len(events))}, call_id=call_id()))
        answer = self.stack.ingest.post("/events", events)
        assert answer.status == 202
        for event, item in zip(events, answer.json["data"]):
            assert item["deliveries"] == 1
            self.accepted[event["call_id"]] = event["account_id"]

    def post_for(self, seconds, n, every):
        """n events again and again, in the background."""
        def work():
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                self.post(n)
                time.sleep(every)
        self.posting = threading.Thread(target=work)
        self.posting.start()

    def harm(self):
        self.harms.append(time.time())

    def owed(self):
        return self.stack.sql("SELECT count(*) FROM callhook.outbox")[0][0]

    def arrivals(self):
        self.ledger.read()
        by_id = {}
        for s in self.ledger.seen:
            by_id.setdefault(s.id, []).append(s)
        return by_id

    def explained(self, first, again):
        """Was there a harm between, soon enough after the first that it was not yet settled?  A
        request may have been under way at the harm and be seen just after it."""
        return any(first - UNDER_WAY <= h <= again and h - first < SETTLED for h in self.harms)

    def audit(self, bound, stray=0):
        """Everything at rest; returns how many came twice.  stray: so many without a reason."""
        if self.posting:
            self.posting.join()
        assert wait_for(lambda: self.owed() == 0, 60, 0.2), f"{self.owed()} are still owed"
        time.sleep(0.5)
        by_id = self.arrivals()
        seen = self.ledger.seen
        calls = {x[0].call for x in by_id.values()}
        assert not set(self.accepted) - calls, "lost"
        assert not calls - set(self.accepted), "never accepted"
        assert len(by_id) == len(self.accepted), "a delivery has two ids"
        for copies in by_id.values():
            assert len({(s.call, s.entry["sha256"], s.method, s.target, s.attempt) for s in copies}) == 1
        twice = len(seen) - len(self.accepted)
        unexplained = [(x[i].id, x[i].time, x[i + 1].time) for x in by_id.values() for i in range(len(x) - 1)
                       if not self.explained(x[i].time, x[i + 1].time)]
        print(f"{len(self.accepted)} deliveries, {len(self.harms)} harms, {twice} came twice,"
              f" {len(unexplained)} of these long after")
        assert twice <= bound
        assert len(unexplained) <= stray, unexplained
        self.audit_database(by_id)
        return twice

    def audit_database(self, by_id):
        """Each delivery was recorded once, as delivered at the first attempt that was recorded."""
        numbers = list({a.number for a in self.accounts})
        rows = self.stack.sql("SELECT a.delivery_id::text, a.outcome, a.n, a.status FROM callhook.attempt a"
                              " JOIN callhook.webhook w ON w.id = a.webhook_id WHERE w.account_id = ANY (%s)", numbers)
        assert len(rows) == len(by_id)
        assert {r[0] for r in rows} == set(by_id)
        assert {r[1:] for r in rows} == {("delivered", 1, 200)}
        ok, failed = self.stack.sql("SELECT sum(t.sent_ok), sum(t.sent_failed) FROM callhook.webhook_stat t"
                                    " JOIN callhook.webhook w ON w.id = t.webhook_id"
                                    " WHERE w.account_id = ANY (%s)", numbers)[0]
        assert (ok, failed) == (len(self.accepted), 0)


@pytest.fixture(scope="module")
def own_stack():
    s = Stack(OURS)
    s.part("stop", "sender")
    yield s
    s.close()


@pytest.fixture
def senders(own_stack):
    s = Senders(own_stack)
    yield s
    s.close()


@pytest.fixture
def books(own_stack, unique):
    """Webhooks of many accounts, and so shards, at a receiver that takes 20, 35 or 50 ms."""
    accounts = [own_stack.account() for _ in range(ACCOUNTS)]
    for i, a in enumerate(accounts):
        a.webhook(f"slow/{(20, 35, 50)[i % 3]}/{unique}")
    b = Books(own_stack, own_stack.ledger(), accounts)
    yield b
    if b.posting:
        b.posting.join()


@pytest.mark.slow
def test_killed_a_hundred_times(senders, books):
    """10,000 deliveries, and at random moments of its first half second kill -9."""
    kills, each, patience = 100, 100, time.monotonic() + 150
    useful = 0
    while len(books.harms) < kills and time.monotonic() < patience:
        books.post(each)
        p = senders.start()
        before = os.path.getsize(books.ledger.path)
        time.sleep(random.uniform(0.05, 0.5))
        books.harm()
        assert senders.end(p, signal.SIGKILL) == -signal.SIGKILL
        useful += os.path.getsize(books.ledger.path) > before
    while len(books.accepted) < kills * each:
        books.post(each)
    print(f"{len(books.harms)} kills, {useful} of senders that had delivered something")
    assert len(books.harms) >= kills / 2 and useful >= len(books.harms) / 2
    p = senders.start()
    books.audit(len(books.harms) * HARM)
    assert senders.end(p, signal.SIGTERM) == 0


class Killer:
    """A receiver that answers 200 and then kills who asked, a few milliseconds later."""

    def __init__(self):
        self.arrivals = []
        self.delay, self.victim = 0, None
        self.killed = threading.Event()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                s, _ = self.socket.accept()
            except OSError:
                return
            with s:
                head, body = b"", b""
                while b"\r\n\r\n" not in head and (part := s.recv(65536)):
                    head += part
                head, _, body = head.partition(b"\r\n\r\n")
                fields = dict(x.lower().split(b": ", 1) for x in head.split(b"\r\n")[1:] if b": " in x)
                while len(body) < int(fields.get(b"content-length", 0)) and (part := s.recv(65536)):
                    body += part
                self.arrivals.append((fields[b"webhook-id"], body))
                s.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n")
                if self.victim:
                    time.sleep(self.delay)
                    self.victim.send_signal(signal.SIGKILL)
                    self.victim = None
                    self.killed.set()


@pytest.mark.slow
def test_killed_between_answer_and_record(own_stack, senders):
    """A2: the moment at which a delivery is made and nobody has written so: once more at most, never lost."""
    receiver = Killer()
    account = own_stack.account()
    hook = account.webhook("ok", origin=f"http://127.0.0.1:{receiver.port}")
    kills = 30
    try:
        p = senders.start()
        for i in range(kills):
            receiver.killed.clear()
            receiver.delay, receiver.victim = i % 10 * 0.003, p
            account.post({"client_number": str(i)})
            assert receiver.killed.wait(10), "nothing arrived"
            assert senders.end(p, signal.SIGKILL) == -signal.SIGKILL
            p = senders.start()
            assert wait_for(lambda i=i: account.counters(hook["id"]) == (i + 1, 0), 15)
        assert wait_for(lambda: senders.shards(p) == 64, 15)
        assert senders.end(p, signal.SIGTERM) == 0
    finally:
        receiver.socket.close()
    copies = {}
    for delivery, body in receiver.arrivals:
        copies.setdefault(delivery, []).append(body)
    again = len(receiver.arrivals) - len(copies)
    print(f"{kills} kills after an answer, {again} of the deliveries were made once more")
    assert len(copies) == kills and len({b[0] for b in copies.values()}) == kills
    assert all(len(set(b)) == 1 for b in copies.values())
    # A few were killed before they could write, which is what is tried here.
    assert all(len(b) <= 2 for b in copies.values()) and again >= 3
    rows = own_stack.attempts(hook["id"])
    assert [r[:3] for r in rows] == [(1, "delivered", 200)] * kills


@pytest.mark.slow
def test_frozen_sender(senders, books):
    """One of two stops in the middle of its work, for 10 seconds: the other takes over."""
    frozen, other = senders.start(0), senders.start(1)
    assert wait_for(lambda: senders.shards(frozen) >= 20 and senders.shards(other) >= 20, 15)
    books.post_for(18, 40, 0.2)
    time.sleep(2)
    books.post(500)
    time.sleep(0.03)
    frozen.send_signal(signal.SIGSTOP)
    books.harm()
    begin = time.monotonic()
    try:
        assert wait_for(lambda: senders.shards(other) == 64, 10), "its shards were not taken over"
        took = time.monotonic() - begin
        time.sleep(max(0, 10 - took))
    finally:
        frozen.send_signal(signal.SIGCONT)
    print(f"taken over after {took:.1f} s")
    assert wait_for(lambda: senders.shards(frozen) >= 20, 15), "it did not come back to work"
    # Nothing comes again because it woke up, but for the one that it was about to write.
    books.audit(HARM, stray=1)
    assert senders.end(frozen, signal.SIGTERM) == 0
    assert senders.end(other, signal.SIGTERM) == 0


@pytest.mark.slow
def test_session_of_the_lock_holder_ended_fifty_times(own_stack, senders, books):
    """Two senders; who holds the most shards loses the session that holds them."""
    both = [senders.start(0), senders.start(1)]
    assert wait_for(lambda: all(senders.shards(p) >= 20 for p in both), 15)
    for _ in range(50):
        books.post(60)
        time.sleep(random.uniform(0.05, 0.4))
        holders = own_stack.sql("SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND classid = 25448"
                                " GROUP BY pid ORDER BY count(*) DESC LIMIT 1")
        if holders:
            books.harm()
            assert own_stack.sql("SELECT pg_terminate_backend(%s)", holders[0][0]) == [(True,)]
    print(f"{len(books.harms)} sessions ended")
    assert len(books.harms) >= 40
    books.audit(len(books.harms) * HARM)
    assert [senders.end(p, signal.SIGTERM) for p in both] == [0, 0]


@pytest.mark.slow
def test_stopped_politely_under_load(senders, books):
    for _ in range(10):
        p = senders.start()
        books.post(200)
        time.sleep(random.uniform(0.3, 1))
        assert senders.end(p, signal.SIGTERM) == 0
    p = senders.start()
    assert books.audit(0) == 0
    assert senders.end(p, signal.SIGTERM) == 0


def test_start_is_not_sent_after_its_end_by_the_next_sender(own_stack, senders, unique):
    """The start fails and waits, the end is delivered, the sender dies: what its successor
    knows of the end is only what the database says."""
    first = senders.start()
    ledger = own_stack.ledger()
    switch = f"/_set?name={unique}&status="
    accounts = [own_stack.account() for _ in range(6)]
    hooks = [a.webhook(f"switch/{unique}", events=["call_start", "call_end"]) for a in accounts]
    receiver = type(accounts[0].api)(own_stack.receiver)
    calls = [call_id() for _ in accounts]
    for a, c in zip(accounts, calls):
        a.post({}, event="call_start", call_id=c)
    assert wait_for(lambda: all(own_stack.attempts(h["id"]) for h in hooks))
    receiver.post(switch + "200", "")
    for a, c in zip(accounts, calls):
        a.post({}, event="call_end", call_id=c)
    assert wait_for(lambda: all(a.counters(h["id"]) == (1, 0) for a, h in zip(accounts, hooks)))
    senders.end(first, signal.SIGKILL)
    second = senders.start()
    assert wait_for(lambda: all(a.counters(h["id"]) == (1, 1) for a, h in zip(accounts, hooks)), 15)
    for h in hooks:
        assert [x[1] for x in own_stack.attempts(h["id"])] == ["retry", "delivered", "superseded"]
    time.sleep(2)
    ledger.read()
    assert sorted(s.call for s in ledger.seen) == sorted(calls * 2)  # the failed start, the end
    assert own_stack.sql("SELECT count(*) FROM callhook.outbox") == [(0,)]
    assert senders.end(second, signal.SIGTERM) == 0


@pytest.mark.slow
def test_the_watchdog_hears_of_answers_only(own_stack, senders):
    """G7: systemd is told that all is well as long as PostgreSQL answers, not as long as the loop turns."""
    path = os.path.join(own_stack.env["CALLHOOK_RUN"], "notify.sock")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(path)
        os.chmod(path, 0o777)
        notify.settimeout(0.1)

        def told(seconds):
            """What is said in the next seconds."""
            lines, end = [], time.monotonic() + seconds
            while time.monotonic() < end:
                try:
                    lines += notify.recv(4096).decode().split("\n")
                except socket.timeout:
                    pass
            return lines

        p = senders.start(NOTIFY_SOCKET=path)
        assert wait_for(lambda: senders.shards(p) == 64, 15)
        said = told(3)
        assert "READY=1" in said and said.count("WATCHDOG=1") >= 2
        backend, = own_stack.sql("SELECT pid FROM pg_stat_activity WHERE usename = 'callhook_stack_sender'")[0]
        os.kill(backend, signal.SIGSTOP)
        try:
            told(1.5)
            assert "WATCHDOG=1" not in told(2), "well, though nobody answers"
        finally:
            os.kill(backend, signal.SIGCONT)
        assert wait_for(lambda: senders.shards(p) == 64, 15)
        assert wait_for(lambda: any(x.startswith("STATUS=64 shards") for x in told(1)), 10)
        assert senders.end(p, signal.SIGTERM) == 0
        assert "STOPPING=1" in told(1)
