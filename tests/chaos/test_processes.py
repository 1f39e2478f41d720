"""Programs that are killed, frozen, stopped and starved."""
import os
import random
import signal
import subprocess
import sys
import time

import psycopg
import pytest

import harm
from client import Api, Ledger, wait_for
from senders import Senders
from storm import HARM, IN_FLIGHT



def kill(pid, sig=signal.SIGKILL):
    try:
        os.kill(pid, sig)
        return 1
    except ProcessLookupError:
        return 0


@pytest.mark.short
def test_workers_killed(stack, storm):
    """A6, E8: kill -9 of API workers while they commit (too many in 15 s end the master, as they should)."""
    storm.start()
    for _ in range(18):
        time.sleep(random.uniform(1, 1.3))
        workers = stack.workers()
        if workers:
            storm.faults += kill(random.choice(workers))
    assert storm.faults >= 15
    assert wait_for(lambda: len(stack.workers()) == 3, 10)
    storm.audit("API worker killed (kill -9)")


def test_master_killed(stack, storm):
    """The workers go with it: who comes next finds a free socket."""
    storm.start()
    for _ in range(8):
        time.sleep(random.uniform(0.3, 0.8))
        stack.part("kill", "api")
        storm.faults += 1
        stack.part("start", "api")
    storm.audit("API master killed (kill -9)")


@pytest.mark.short
def test_sender_killed(stack, storm):
    """A1, A2: at random moments, between an answer and its record too."""
    storm.start(batch=10)
    for _ in range(15):
        time.sleep(random.uniform(0.05, 0.8))
        stack.part("kill", "sender")
        storm.faults += 1
        stack.part("start", "sender")
    storm.audit("sender killed (kill -9)", storm.faults * HARM)


def test_sender_frozen(stack, storm):
    """A3: one of two stops and wakes up; the other took over."""
    senders = Senders(stack)
    try:
        other = senders.start(1)
        assert wait_for(lambda: senders.shards(other) >= 20, 15)
        storm.start()
        pid = stack.pid("sender")
        for _ in range(2):
            time.sleep(1.5)
            kill(pid, signal.SIGSTOP)
            storm.faults += 1
            try:
                assert wait_for(lambda: senders.shards(other) == 64, 12), "nobody took over"
            finally:
                kill(pid, signal.SIGCONT)
            assert wait_for(lambda: senders.shards(other) <= 44, 15), "it did not come back to work"
        storm.audit("sender frozen (SIGSTOP), other takes over", storm.faults * HARM)
        assert senders.end(other, signal.SIGTERM) == 0
    finally:
        senders.close()


def test_worker_frozen(own_stack, own_storm):
    """E9: a worker that does not come back is ended by its master."""
    stack, storm = own_stack, own_storm
    with open(stack.env["CALLHOOK_CONFIG"], encoding="utf-8") as f:
        text = f.read()
    harm.say(stack.env["CALLHOOK_CONFIG"], text.replace("[api]\n", "[api]\nrequest_timeout = 2s\n"))
    harm.restart(stack, "api")
    storm.start()
    time.sleep(1)
    # In the midst of a request: all of them wait for a lock.  (Frozen while idle it holds nobody up.)
    with psycopg.connect(host=stack.env["PGHOST"], user="postgres", dbname="callhook") as c:
        c.execute("LOCK TABLE callhook.event_key IN ACCESS EXCLUSIVE MODE")
        time.sleep(0.7)
        frozen = stack.workers()[0]
        kill(frozen, signal.SIGSTOP)
    storm.faults += 1
    assert wait_for(lambda: frozen not in stack.workers(), 10), "a stuck worker lives"
    storm.audit("API worker frozen in a request (SIGSTOP)")


@pytest.mark.short
def test_stopped_politely(stack, storm):
    """E6: SIGTERM at random moments; nothing twice, nothing lost."""
    storm.start()
    for i in range(10):
        time.sleep(random.uniform(0.1, 0.6))
        part = ("sender", "api")[i % 2]
        stack.part("stop", part)
        storm.faults += 1
        stack.part("start", part)
    storm.audit("sender or API stopped (SIGTERM) under load", 0)


def test_reloaded(stack, storm):
    """E7: a new generation each half second; nobody is refused for it."""
    storm.start()
    master = stack.pid("api")
    for _ in range(20):
        time.sleep(0.5)
        kill(master, signal.SIGHUP)
        storm.faults += 1
    time.sleep(1)
    storm.audit("API reloaded (SIGHUP)")
    assert not storm.refused, storm.refused


class Mortal:
    """A receiver of its own for all webhooks of a storm, which dies and comes back on its port."""

    def __init__(self, stack, storm, folder):
        self.ledger = os.path.join(stack.data, "ledger", "mortal.jsonl")
        self.port_file = str(folder / "port")
        self.stack, self.port = stack, 0
        self.start()
        for a, h in zip(storm.accounts, storm.hooks):
            settings = a.settings(f"slow/20/{storm.unique}", origin=f"http://127.0.0.1:{self.port}")
            answer = a.api.put("/webhooks/" + h["id"], settings, headers={"If-Match": "*"})
            assert answer.status == 200, answer
        storm.ledger = Ledger(self.ledger)

    def start(self):
        if os.path.exists(self.port_file):
            os.unlink(self.port_file)
        self.process = subprocess.Popen([
            sys.executable, os.path.join(self.stack.data, "tools", "receiver.py"), "--port", str(self.port),
            "--port-file", self.port_file, "--ledger", self.ledger])
        assert wait_for(lambda: os.path.exists(self.port_file), 10)
        with open(self.port_file, encoding="ascii") as f:
            self.port = int(f.read())

    def kill(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def mortal(stack, storm, tmp_path):
    m = Mortal(stack, storm, tmp_path)
    yield m
    m.kill()
    os.unlink(m.ledger)


def test_receiver_killed(storm, mortal):
    """The customer's server dies with requests in it, and comes back on its port."""
    storm.start()
    for _ in range(10):
        time.sleep(random.uniform(0.3, 0.9))
        mortal.kill()
        storm.faults += 1
        time.sleep(random.uniform(0, 0.3))
        mortal.start()
    storm.audit("receiver killed (kill -9)", storm.faults * IN_FLIGHT)


def test_receiver_down_for_long(stack, storm, mortal):
    """A10: hardly anything is tried while it is down; it is probed by one request of a webhook, then
    gets what has waited, never more at a time than the window."""
    storm.start()
    time.sleep(1)
    mortal.kill()
    storm.faults += 1
    down = time.time()
    time.sleep(12)
    storm.stop()
    waiting = storm.owed()
    up = time.time()
    mortal.start()
    storm.audit("receiver down for 12 s", IN_FLIGHT)
    tried = stack.sql("SELECT count(*) FROM callhook.attempt a JOIN callhook.webhook w ON w.id = a.webhook_id WHERE"
                      " w.account_id = ANY (%s) AND outcome = 'retry' AND at BETWEEN to_timestamp(%s) AND to_timestamp(%s)",
                      [a.number for a in storm.accounts], down, up)[0][0]
    print(f"{waiting} waited, {tried} attempts meanwhile")
    assert waiting > 1000 and tried < 60 * len(storm.hooks)
    owner = dict(stack.sql("SELECT call_id, account_id FROM callhook.event WHERE account_id = ANY (%s)",
                           [a.number for a in storm.accounts]))
    for a in storm.accounts:
        times = sorted(s.time for s in storm.ledger.seen if s.time > up and owner.get(s.call) == a.number)
        assert times[1] - times[0] > 0.015, "more than one probe at a time"
        # Each takes 20 ms, of which the receiver's own clock sees 15 at least.
        assert all(later - first > 0.015 for first, later in zip(times, times[17:])), "more than the window"


def test_sender_without_descriptors(stack, storm):
    """EMFILE, E11: no new connection for a while."""
    storm.start()
    time.sleep(0.5)
    pid = stack.pid("sender")
    for _ in range(5):
        with harm.descriptors(stack, pid, 12):
            storm.faults += 1
            time.sleep(1)
        time.sleep(0.5)
    assert stack.pid("sender") == pid
    storm.audit("sender without descriptors (EMFILE)")


def test_api_without_descriptors(stack, storm):
    storm.start()
    time.sleep(0.5)
    for _ in range(5):
        pid = stack.workers()[0]
        with harm.descriptors(stack, pid, 5):
            storm.faults += 1
            time.sleep(0.8)
        time.sleep(0.3)
    storm.audit("API worker without descriptors (EMFILE)")


def test_descriptors_beyond_1024(own_stack, own_storm):
    """E11: programs whose every descriptor is larger than what select() can name."""
    stack, storm = own_stack, own_storm
    for p in ("callhook-api", "callhook-sender"):
        harm.wrap(stack, p, descriptors=1200)
    harm.restart(stack, "sender", "api")
    for pid in [stack.pid("sender"), *stack.workers()]:
        assert max(int(x) for x in os.listdir(f"/proc/{pid}/fd")) > 1200
    storm.start()
    storm.faults += 1
    time.sleep(5)
    storm.audit("every descriptor is beyond 1024")
    assert not storm.refused, storm.refused


def faulty(stack, storm, name, text, seconds, programs=("callhook-api", "callhook-sender"), bound=0,
           mortal=False):
    library, steering = harm.faults_library(stack)
    harm.say(steering, "")
    for p in programs:
        harm.wrap(stack, p, LD_PRELOAD=library, FAULTS_FILE=steering)
    harm.restart(stack, "sender", "api")
    sender = stack.pid("sender")
    storm.start()
    time.sleep(1)
    harm.say(steering, text)
    storm.faults += 1
    time.sleep(seconds)
    harm.say(steering, "")
    time.sleep(1)
    for log in ("api", "sender"):
        said = stack.log(log)
        assert "Assertion" not in said and "corrupt" not in said and "signal 11" not in said, said[-2000:]
    if mortal:
        # A library that was left half made may fail later still.
        storm.stop()
        wait_for(lambda: supervise(stack) or storm.owed() == 0, 60, 0.5)
    else:
        assert stack.pid("sender") == sender, "the sender died"
    storm.audit(name, bound)


def supervise(stack):
    """What systemd does: a program that gave up is started again."""
    for name in ("sender", "api"):
        try:
            stack.pid(name)
        except AssertionError:
            assert name == "sender", stack.log(name)[-2000:]
            print(f"{name} gave up and is started again", stack.log(name)[-2000:])
            stack.part("start", name)


@pytest.mark.short
def test_interrupted_calls_and_short_writes(own_stack, own_storm):
    """One call in five is interrupted or does half."""
    faulty(own_stack, own_storm, "EINTR, reads and writes cut short", "eintr 5\nshort 3\n", 10)


@pytest.mark.parametrize("n", [50, 500, 5000, 50000])
def test_out_of_memory(own_stack, own_storm, n):
    """One allocation in n fails: requests and deliveries do, and the API goes on however many it
    are; a sender that one of its libraries takes along is started again."""
    # A result that cannot be kept in memory is not written: that delivery comes again.
    faulty(own_stack, own_storm, f"one malloc in {n} fails", f"malloc {n}\n", 8, bound=100 * HARM, mortal=True)


@pytest.mark.parametrize("program", ["callhook-sender", "callhook-api"])
def test_clock_jumps(own_stack, own_storm, program):
    """An hour back, two forth, and a day."""
    if not os.path.exists(harm.FAKETIME):
        pytest.skip("libfaketime is not installed")
    stack, storm = own_stack, own_storm
    clock = os.path.join(stack.data, "clock")
    harm.say(clock, "+0\n")
    harm.wrap(stack, program, LD_PRELOAD=harm.FAKETIME, FAKETIME_TIMESTAMP_FILE=clock, FAKETIME_NO_CACHE="1",
              DONT_FAKE_MONOTONIC="1")
    harm.restart(stack, "sender", "api")
    storm.start()
    for jump in ("-3600", "+3600", "+0", "+86400", "-86400", "+0"):
        time.sleep(1)
        harm.say(clock, jump + "\n")
        storm.faults += 1
    time.sleep(1)
    storm.audit(f"the clock of {program} jumps")


def test_nobody_reads_the_log(own_stack, own_storm):
    """G6: standard error is a full pipe: lines are lost, calls are not."""
    stack, storm = own_stack, own_storm
    path = os.path.join(stack.data, "fifo")
    os.mkfifo(path)
    os.chmod(path, 0o666)
    pipe = os.open(path, os.O_RDWR)
    with open(stack.env["CALLHOOK_CONFIG"], encoding="utf-8") as f:
        text = f.read()
    harm.say(stack.env["CALLHOOK_CONFIG"], "[log]\nlevel = debug\n" + text)
    for p in ("callhook-api", "callhook-sender"):
        harm.wrap(stack, p, stderr=path)
    harm.restart(stack, "sender", "api")
    storm.start()
    storm.faults += 1
    time.sleep(8)
    storm.audit("standard error is a full pipe")
    assert storm.slowest < 5, storm.slowest
    os.close(pipe)


@pytest.mark.short
def test_delivery_that_kills_the_sender(own_stack, own_storm):
    """G4: a request that the sender dies of: it is found and set aside, the others are delivered."""
    stack, storm = own_stack, own_storm
    library, steering = harm.faults_library(stack)
    harm.say(steering, "poison 1\n")
    harm.wrap(stack, "callhook-sender", LD_PRELOAD=library, FAULTS_FILE=steering)
    harm.restart(stack, "sender")
    victim = stack.account()
    hook = victim.webhook("ok/poison-pill")
    storm.start()
    time.sleep(1)
    deaths = 0
    posted = stack.ingest.post("/events", victim.event())
    assert posted.status == 202, posted
    end = time.monotonic() + 40
    while time.monotonic() < end and not stack.attempts(hook["id"]):
        time.sleep(0.3)
        try:
            stack.pid("sender")
        except AssertionError:
            deaths += 1
            stack.part("start", "sender")
    storm.faults += deaths
    assert deaths == 3, deaths
    n, outcome, status, error, detail = stack.attempts(hook["id"])[0]
    assert (n, outcome, status, error) == (1, "failed", 0, "crash")
    assert "crashed 3 times" in detail
    assert stack.log("sender").count("sender.set_aside") == 1
    shown = victim.api.get(f"/webhooks/{hook['id']}/deliveries").json["data"][0]
    assert shown["outcome"] == "failed" and shown["error"] == "crash"
    time.sleep(1)
    # It goes on without a death, whatever was in hand with it.
    pid = stack.pid("sender")
    n = len(storm.accepted)
    assert wait_for(lambda: len(storm.accepted) > n + 50, 10)
    assert stack.pid("sender") == pid
    storm.audit("a delivery that kills the sender", deaths * HARM)
