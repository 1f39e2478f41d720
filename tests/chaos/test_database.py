"""PostgreSQL that crashes, hangs, is full, is somewhere else, or is not heard."""
import os
import random
import shutil
import subprocess
import tempfile
import time

import psycopg
import pytest

import harm
from client import Api, wait_for
from proxy import Proxy
from storm import HARM, Storm


@pytest.mark.short
def test_crashes(stack, storm):
    """F1: pg_ctl stop -m immediate under load."""
    storm.start()
    back = []
    for _ in range(5):
        time.sleep(random.uniform(0.5, 1.5))
        stack.part("stop", "postgres", "immediate")
        storm.faults += 1
        time.sleep(random.uniform(0, 0.5))
        stack.part("start", "postgres")
        n, begin = len(storm.accepted), time.monotonic()
        assert wait_for(lambda n=n: len(storm.accepted) > n, 10, 0.01)
        back.append(time.monotonic() - begin)
    storm.audit("PostgreSQL crashes (stop -m immediate)", storm.faults * HARM)
    print("accepted again after", ", ".join(f"{x:.2f} s" for x in back))
    assert sorted(back)[len(back) // 2] < 2


@pytest.mark.short
def test_sessions_ended(stack, storm):
    """F2, A4: whatever session there is, ten times a second."""
    storm.start()
    for _ in range(80):
        time.sleep(0.1)
        storm.faults += len(stack.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE"
                                      " 'callhook_stack_%%' ORDER BY random() LIMIT %s", 1))
    storm.audit("PostgreSQL session terminated", storm.faults * HARM)


def test_statements_cancelled(stack, storm):
    """57014 in the midst of anything."""
    storm.start()
    for _ in range(200):
        time.sleep(0.03)
        storm.faults += len(stack.sql("SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE usename LIKE"
                                      " 'callhook_stack_%' AND state = 'active'"))
    storm.audit("PostgreSQL statement cancelled", max(1, storm.faults) * HARM)


def test_lock_held(stack, storm):
    """F7: ACCESS EXCLUSIVE on what everybody needs, 6 seconds: 503 in time, then on as before."""
    storm.start()
    time.sleep(0.5)
    for table in ("webhook", "outbox", "event_key"):
        with stack.locked(table):
            storm.faults += 1
            time.sleep(6)
        time.sleep(1)
    storm.audit("table locked for 6 s", storm.faults * HARM)
    assert storm.refused.get(503), "nobody was told"
    assert storm.slowest < 8


def test_xmin_pinned(stack, storm):
    """F8: an old transaction for 20 s: dead rows stay, the work goes on."""
    storm.start()
    time.sleep(4)
    before = len(storm.accepted) / 4
    with psycopg.connect(host=stack.env["PGHOST"], user="postgres", dbname="callhook") as c:
        c.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        c.execute("SELECT count(*) FROM callhook.outbox")
        storm.faults += 1
        n = len(storm.accepted)
        time.sleep(20)
        during = (len(storm.accepted) - n) / 20
        print(f"{before:.0f} events/s before, {during:.0f} with the old transaction")
    storm.audit("old transaction holds dead rows for 20 s")
    assert during > 0.5 * before


def test_too_many_connections(own_stack, own_storm):
    """F6: others have taken all connections when ours are ended: 53300, then on."""
    stack, storm = own_stack, own_storm
    harm.postgres_settings(stack, "max_connections = 16")
    stack.part("stop", "postgres", "fast")
    stack.part("start", "postgres")
    assert wait_for(stack.ready, 10)
    storm.start()
    stack.sql("CREATE ROLE hog LOGIN")
    for _ in range(3):
        time.sleep(0.5)
        hogs = []
        storm.faults += 1
        for _ in range(30):
            try:
                stack.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'callhook_stack_%'")
                hogs.append(psycopg.connect(host=stack.env["PGHOST"], user="hog", dbname="callhook"))
            except psycopg.OperationalError:
                break
        time.sleep(2)
        for c in hogs:
            c.close()
        time.sleep(1)
    storm.audit("no connections left (53300)", storm.faults * HARM * 30)


@pytest.fixture
def proxied(own_stack):
    """A stack whose programs reach PostgreSQL through a proxy."""
    stack = own_stack
    folder = tempfile.mkdtemp(prefix="callhook-proxy.", dir="/tmp")
    os.chmod(folder, 0o755)
    proxy = Proxy(folder, os.path.join(stack.env["PGHOST"], ".s.PGSQL.5432"))
    host = stack.env["PGHOST"]
    for user in ("callhook_stack_api", "callhook_stack_sender"):
        harm.configure(stack, f"host={host} user={user}", f"host={folder} user={user}")
    harm.restart(stack, "sender", "api")
    assert wait_for(stack.ready, 10)
    yield stack, proxy
    proxy.mode = "pass"
    proxy.close()
    shutil.rmtree(folder)


@pytest.mark.short
def test_commit_in_doubt(proxied):
    """A5: the commit is done, its answer lost; the same event again is that event."""
    stack, proxy = proxied
    # Always at work: half of a transaction's time it is in doubt.  One event a request, because the sender
    # goes on while nobody hears it, and what it sends then is sent again.
    storm = Storm(stack).start(threads=8, batch=1, pause=0)
    while storm.faults < 30 or (storm.known == 0 and storm.faults < 150):
        time.sleep(random.uniform(0.1, 0.3))
        proxy.mode = "deaf"
        time.sleep(0.05)
        proxy.cut()
        proxy.mode = "pass"
        storm.faults += 1
    storm.audit("answer to COMMIT lost with the connection", storm.faults * HARM)
    assert storm.known > 0, "no commit was in doubt at all"


def test_black_hole(proxied):
    """F5: the connection stays, nothing goes through: noticed by our own deadlines."""
    stack, proxy = proxied
    storm = Storm(stack).start()
    for _ in range(2):
        time.sleep(1)
        proxy.mode = "hole"
        storm.faults += 1
        time.sleep(12)
        proxy.cut()
        proxy.mode = "pass"
        assert wait_for(lambda: storm.stack.ready(), 10)
    storm.audit("black hole before PostgreSQL for 12 s", storm.faults * HARM)
    assert storm.slowest < 15, storm.slowest


def test_refused_connections(proxied):
    stack, proxy = proxied
    storm = Storm(stack).start()
    for _ in range(5):
        time.sleep(0.5)
        proxy.mode = "refuse"
        proxy.cut()
        storm.faults += 1
        time.sleep(1)
        proxy.mode = "pass"
    storm.audit("PostgreSQL refuses connections", storm.faults * HARM)


@pytest.fixture
def small_disk(own_stack):
    """The cluster on a file system of 200 MB."""
    stack = own_stack
    if os.geteuid() != 0:
        pytest.skip("mounting a small file system needs root")
    pg = os.path.join(stack.data, "pg")
    stack.part("stop", "postgres", "fast")
    os.rename(pg, pg + ".copy")
    os.mkdir(pg)
    r = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200m,mode=0700", "tmpfs", pg], capture_output=True, text=True)
    if r.returncode != 0:
        os.rmdir(pg)
        os.rename(pg + ".copy", pg)
        stack.part("start", "postgres")
        pytest.skip("cannot mount here: " + r.stderr.strip())
    try:
        subprocess.run(["cp", "-a", pg + ".copy/.", pg], check=True)
        st = os.stat(pg + ".copy")
        os.chown(pg, st.st_uid, st.st_gid)
        stack.part("start", "postgres")
        yield stack, pg
    finally:
        stack.part("stop", "postgres", "immediate")
        subprocess.run(["umount", "-l", pg], check=True)


def test_disk_full(small_disk):
    """F9: no room for data and log; then there is."""
    stack, pg = small_disk
    assert wait_for(stack.ready, 10)
    storm = Storm(stack).start()
    time.sleep(2)
    for _ in range(2):
        filler = os.path.join(pg, "filler")
        with open(filler, "wb") as f:
            try:
                while True:
                    f.write(bytes(1 << 20))
                    f.flush()
            except OSError:
                pass
        storm.faults += 1
        time.sleep(8)
        os.unlink(filler)
        # PostgreSQL may have given up over a full pg_wal; a supervisor starts it again.
        try:
            stack.sql("SELECT 1")
        except psycopg.OperationalError:
            time.sleep(1)
            stack.part("stop", "postgres", "immediate")
            stack.part("start", "postgres")
        assert wait_for(stack.ready, 20)
        time.sleep(2)
    storm.audit("disk full for 8 s", storm.faults * HARM)


class Standby:
    """A second cluster, fed by the stack's own, reached by a socket folder of its own."""

    def __init__(self, stack):
        self.stack, self.bin = stack, harm.pg_bin(stack)
        self.socket = tempfile.mkdtemp(prefix="callhook-standby.", dir="/tmp")
        self.data = os.path.join(stack.data, "standby")
        user = stack.env["CALLHOOK_RUN_USER"]
        if os.geteuid() == 0:
            shutil.chown(self.socket, user)
        os.chmod(self.socket, 0o755)

    def run(self, *command):
        r = subprocess.run(harm.run_as(self.stack, *command), capture_output=True, text=True, cwd="/", timeout=120)
        assert r.returncode == 0, r.stderr
        return r.stdout

    def copy(self):
        os.makedirs(self.data, mode=0o700)
        if os.geteuid() == 0:
            shutil.chown(self.data, self.stack.env["CALLHOOK_RUN_USER"])
        self.run(f"{self.bin}/pg_basebackup", "-h", self.stack.env["PGHOST"], "-U", "postgres", "-D", self.data, "-R",
                 "-X", "stream", "-c", "fast", "--no-sync")
        with open(os.path.join(self.data, "postgresql.conf"), "a", encoding="utf-8") as f:
            f.write(f"unix_socket_directories = '{self.socket}'\n")
        self.start()

    def start(self):
        self.run(f"{self.bin}/pg_ctl", "-D", self.data, "-s", "-w", "-l", os.path.join(self.stack.data, "log",
                 "standby.log"), "start")

    def promote(self):
        self.run(f"{self.bin}/pg_ctl", "-D", self.data, "-s", "-w", "promote")

    def close(self):
        subprocess.run(harm.run_as(self.stack, f"{self.bin}/pg_ctl", "-D", self.data, "-s", "-m", "immediate", "stop"),
                       cwd="/", capture_output=True)
        shutil.rmtree(self.socket, ignore_errors=True)


def pair(stack, first, standby):
    """A synchronous pair, and programs that know both hosts."""
    standby.copy()
    stack.sql("ALTER SYSTEM SET synchronous_standby_names = '*'")
    stack.sql("SELECT pg_reload_conf()")
    for user in ("callhook_stack_api", "callhook_stack_sender"):
        harm.configure(stack, f"host={first} user={user}",
                       f"host={first},{standby.socket} target_session_attrs=read-write user={user}")
    harm.restart(stack, "sender", "api")
    assert wait_for(stack.ready, 10)


def test_promotion(own_stack):
    """F3, F4: a synchronous pair; the primary crashes, the standby is promoted, the old
    machine comes back as its standby: what was accepted is there, and writes go to one only."""
    stack = own_stack
    first = stack.env["PGHOST"]
    standby = Standby(stack)
    storm = Storm(stack)
    try:
        pair(stack, first, standby)
        storm.start()
        time.sleep(3)
        stack.part("stop", "postgres", "immediate")
        begin = time.monotonic()
        storm.faults += 1
        standby.promote()
        stack.env["PGHOST"] = standby.socket
        # Its own settings came along: it has nobody to wait for yet.
        stack.sql("ALTER SYSTEM RESET synchronous_standby_names")
        stack.sql("SELECT pg_reload_conf()")
        assert wait_for(stack.ready, 15)
        gap = time.monotonic() - begin
        n = len(storm.accepted)
        assert wait_for(lambda: len(storm.accepted) > n, 10)
        # The old one comes back, first in the list of hosts, as a standby.
        pg = os.path.join(stack.data, "pg")
        shutil.rmtree(pg)
        standby.run(f"{standby.bin}/pg_basebackup", "-h", standby.socket, "-U", "postgres", "-D", pg, "-R", "-X", "stream",
                    "-c", "fast", "--no-sync")
        with open(os.path.join(pg, "postgresql.conf"), "a", encoding="utf-8") as f:
            f.write(f"unix_socket_directories = '{first}'\n")
        stack.part("start", "postgres")
        storm.faults += 1
        stack.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'callhook_stack_%'")
        assert wait_for(stack.ready, 10)
        n = len(storm.accepted)
        assert wait_for(lambda: len(storm.accepted) > n + 20, 10)
        print(f"no writes for {gap:.1f} s")
        storm.audit("primary crashes, standby promoted, old one back", storm.faults * HARM)
        assert gap < 15
    finally:
        storm.stop()
        stack.env["PGHOST"] = first
        standby.close()


def said(stack, event):
    return sum(stack.log(log).count(event) for log in ("api", "sender"))


def counted(stack, name):
    """The sum of a counter of /metrics."""
    text = Api(stack.url.rsplit("/v1", 1)[0]).get("/metrics").body.decode()
    return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith((name + " ", name + "{")))


def test_old_primary_started_again(own_stack):
    """F4, split brain: the standby is promoted, then the old primary is started as it was, first in
    the list of hosts, and all sessions end again and again: nobody writes to it any more."""
    stack = own_stack
    first = stack.env["PGHOST"]
    standby = Standby(stack)
    storm = Storm(stack)
    old = None
    try:
        pair(stack, first, standby)
        storm.start()
        time.sleep(2)
        stack.part("stop", "postgres", "immediate")
        storm.faults += 1
        standby.promote()
        stack.env["PGHOST"] = standby.socket
        for setting in ("ALTER SYSTEM RESET synchronous_standby_names", "SELECT pg_reload_conf()"):
            stack.sql(setting)
        assert wait_for(stack.ready, 15)
        n = len(storm.accepted)
        assert wait_for(lambda: len(storm.accepted) > n, 10)
        # As it was: a primary of timeline 1, which takes writes without asking anybody.
        with open(os.path.join(stack.data, "pg", "postgresql.auto.conf"), "a", encoding="utf-8") as f:
            f.write("synchronous_standby_names = ''\n")
        stack.part("start", "postgres")
        old = psycopg.connect(host=first, user="postgres", dbname="callhook", autocommit=True)
        assert old.execute("SELECT pg_is_in_recovery()").fetchone() == (False,)
        before = old.execute("SELECT count(*), (SELECT sum(epoch) FROM callhook.shard_owner) FROM callhook.event").fetchone()
        assert before[0] > 0
        n = len(storm.accepted)
        for _ in range(10):
            stack.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'callhook_stack_%'")
            storm.faults += 1
            time.sleep(0.6)
        assert wait_for(lambda: len(storm.accepted) > n + 50, 10)
        after = old.execute("SELECT count(*), (SELECT sum(epoch) FROM callhook.shard_owner) FROM callhook.event").fetchone()
        assert after == before, "somebody wrote to the old primary"
        sessions = old.execute("SELECT count(*) FROM pg_stat_activity WHERE usename LIKE 'callhook_stack_%'"
                               " AND state_change < now() - interval '2 s'").fetchone()[0]
        assert sessions == 0, "somebody stays at the old primary"
        assert 1 <= said(stack, "db.old_primary") <= 4, "each program says so, not at each try"
        for name in ("callhook_api_old_primaries_total", "callhook_sender_old_primaries_total"):
            assert wait_for(lambda: counted(stack, name) > 0, 10), name
        storm.audit("old primary started again beside the new one", storm.faults * HARM)
    finally:
        storm.stop()
        if old is not None:
            old.close()
        stack.env["PGHOST"] = first
        standby.close()
