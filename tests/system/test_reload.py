"""Reloading, restarting, upgrading and crashing workers loses no request."""
import http.client
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import threading
import time

import pytest

from client import wait_for


class Posts:
    """200 posts a second through nginx, each on a connection of its own."""

    def __init__(self, stack, account, rate=200, threads=8):
        self.stack, self.account, self.bad, self.n = stack, account, [], 0
        self.stop, self.lock = threading.Event(), threading.Lock()
        self.pause = threads / rate
        self.host = re.match("http://([^/]+)(/.*)", stack.url)
        self.threads = [threading.Thread(target=self.work) for _ in range(threads)]

    def work(self):
        headers = {"Authorization": "Bearer " + self.stack.env["CALLHOOK_INGEST_KEY"],
                   "Content-Type": "application/json"}
        due = time.monotonic()
        while not self.stop.is_set():
            body = json.dumps(self.account.event({}))
            try:
                c = http.client.HTTPConnection(self.host[1], timeout=20)
                c.request("POST", self.host[2] + "/events", body, headers)
                r = c.getresponse()
                r.read()
                c.close()
                result = r.status
            except (OSError, http.client.HTTPException) as e:
                result = repr(e)
            with self.lock:
                self.n += 1
                if result != 202:
                    self.bad.append((time.monotonic(), result))
            due += self.pause
            time.sleep(max(0, due - time.monotonic()))

    def __enter__(self):
        for t in self.threads:
            t.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for t in self.threads:
            t.join()


def test_reload_makes_new_workers(stack, account):
    old = stack.workers()
    os.kill(stack.pid("api"), signal.SIGHUP)
    assert wait_for(lambda: len(stack.workers()) == len(old) and not set(stack.workers()) & set(old))
    assert account.api.get("/webhooks").status == 200


def test_reload_with_a_wrong_configuration_goes_on(stack, account):
    path = stack.env["CALLHOOK_CONFIG"]
    with open(path) as f:
        good = f.read()
    old = stack.workers()
    master = stack.pid("api")
    try:
        for wrong in ("[api]\nworkers = many\nbatch = 0\n", "nonsense", good.replace("workers", "wrokers")):
            with open(path, "w") as f:
                f.write(wrong)
            os.kill(master, signal.SIGHUP)
            time.sleep(0.5)
            assert stack.pid("api") == master
            assert stack.workers() == old
            assert account.api.get("/webhooks").status == 200
    finally:
        with open(path, "w") as f:
            f.write(good)
    # Each mistake has a line of its own.
    for mistake in ("callhook.conf:2: [api] workers: ", "callhook.conf:3: [api] batch: ", "callhook.conf:1: "):
        assert any("api.reload_failed" in line and mistake in line for line in stack.log("api").splitlines()), mistake


def test_reload_changes_the_number_of_workers(stack, account):
    with stack.setting("api.workers=3"):
        assert wait_for(lambda: len(stack.workers()) == 3)
    assert wait_for(lambda: len(stack.workers()) == 2)
    assert account.api.get("/webhooks").status == 200


def test_a_killed_worker_is_replaced(stack, account):
    old = stack.workers()
    os.kill(old[0], signal.SIGKILL)
    assert wait_for(lambda: len(stack.workers()) == 2 and stack.workers() != old)
    assert account.api.get("/webhooks").status == 200


def test_stop_finishes_what_was_begun(stack, account):
    """A request that waits for the database when SIGTERM comes is still answered."""
    answers = []
    with stack.locked():
        t = threading.Thread(target=lambda: answers.append(stack.ingest.post("/events", account.event())))
        t.start()
        time.sleep(0.3)
        os.kill(stack.pid("api"), signal.SIGTERM)
        time.sleep(0.2)
    t.join()
    try:
        assert answers and answers[0].status == 202, answers
        down = wait_for(lambda: (a := account.api.get("/webhooks")).status == 503 and a)
        assert down.headers["Retry-After"]
        assert down.headers["Content-Type"] == "application/problem+json"
        assert down.json["status"] == 503
    finally:
        stack.part("stop", "api")
        stack.part("start", "api")
    assert wait_for(stack.ready)


def test_a_long_lock_is_answered_in_time(stack, account):
    with stack.locked():
        start = time.monotonic()
        answer = stack.ingest.post("/events", account.event())
        assert answer.status == 503, answer
        assert answer.headers["Retry-After"]
        assert time.monotonic() - start < 8
    assert stack.ingest.post("/events", account.event()).status == 202


def reload(stack, times, pause=1):
    for _ in range(times):
        os.kill(stack.pid("api"), signal.SIGHUP)
        time.sleep(pause)


def no_request_failed(stack, account, load, hook):
    assert load.bad == []
    assert wait_for(lambda: account.counters(hook["id"])[0] == load.n, 60), (account.counters(hook["id"]), load.n)
    assert wait_for(lambda: len(stack.workers()) == 2)


def test_reloads_lose_nothing(stack, account):
    hook = account.webhook("ok")
    before = stack.status()["reloads"]
    with Posts(stack, account) as load:
        reload(stack, 5)
    assert load.n > 500
    assert stack.status()["reloads"] == before + 5
    no_request_failed(stack, account, load, hook)


@pytest.mark.slow
def test_reloads_that_overlap_lose_nothing(stack, account):
    hook = account.webhook("ok")
    with Posts(stack, account) as load:
        reload(stack, 10, 0.3)
    assert load.n > 100
    no_request_failed(stack, account, load, hook)


@pytest.mark.slow
def test_a_minute_of_reloads_loses_nothing(stack, account):
    hook = account.webhook("ok")
    deaths = stack.status()["deaths"]
    with Posts(stack, account) as load:
        reload(stack, 60)
    assert load.n > 9000
    no_request_failed(stack, account, load, hook)
    assert stack.status()["deaths"] == deaths


class Activated:
    """The API as systemd runs it: the socket is ours and outlives it."""

    def __init__(self, stack):
        self.stack = stack
        self.run = stack.env["CALLHOOK_RUN"]
        self.program = os.path.join(stack.data, "bin", "callhook-api.now")
        self.process = None

    def __enter__(self):
        self.stack.part("stop", "api")
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(os.path.join(self.run, "api.sock"))
        os.chmod(os.path.join(self.run, "api.sock"), 0o666)
        self.socket.listen(4096)
        self.upgrade()
        self.start()
        return self

    def upgrade(self):
        """As dpkg does: a new file takes the name of the one that runs."""
        shutil.copy(os.path.join(self.stack.data, "bin", "callhook-api"), self.program + ".dpkg-new")
        os.rename(self.program + ".dpkg-new", self.program)

    def start(self):
        user = pwd.getpwnam(self.stack.env["CALLHOOK_RUN_USER"])
        with open(os.path.join(self.stack.data, "log", "api.log"), "ab") as log:
            self.process = subprocess.Popen(
                ["sh", "-c", 'exec 3<&0 </dev/null; export LISTEN_PID=$$ LISTEN_FDS=1; exec "$@"', "sh",
                 self.program, "-c", self.stack.env["CALLHOOK_CONFIG"]],
                stdin=self.socket, stderr=log, cwd="/",
                user=user.pw_uid if os.geteuid() == 0 else None, group=user.pw_gid if os.geteuid() == 0 else None)

    def stop(self):
        self.process.terminate()
        assert self.process.wait(30) == 0

    def __exit__(self, *_):
        self.stop()
        self.socket.close()
        os.unlink(os.path.join(self.run, "api.sock"))
        os.unlink(self.program)
        self.stack.part("start", "api")
        assert wait_for(self.stack.ready)


def test_restart_and_upgrade_lose_nothing(stack, account):
    """Each daemon is stopped and started, and the API's program is replaced, under load."""
    hook = account.webhook("ok")
    with Activated(stack) as api:
        assert wait_for(stack.ready)
        with Posts(stack, account) as load:
            for i in range(3):
                time.sleep(0.7)
                api.stop()
                if i == 1:
                    api.upgrade()
                api.start()
            stack.part("stop", "sender")
            time.sleep(0.5)
            stack.part("start", "sender")
            time.sleep(1)
            os.kill(api.process.pid, signal.SIGHUP)
            time.sleep(1)
        assert load.n > 400
        assert load.bad == []
        assert wait_for(lambda: account.counters(hook["id"])[0] == load.n, 60)
        assert account.counters(hook["id"])[1] == 0


def socket_path(text, name, path):
    """A configuration with another socket under [api]."""
    before, own = re.sub(rf"(?m)^{name} = .*\n", "", text).split("[api]\n")
    return f'{before}[api]\n{name} = "{path}"\n{own}'


def test_a_socket_goes_with_the_master_that_made_it(stack):
    """Where to listen waits for a restart: the old path is removed in the end, the new one never."""
    run = stack.env["CALLHOOK_RUN"]
    made, other = os.path.join(run, "made.sock"), os.path.join(run, "other.sock")
    config = stack.env["CALLHOOK_CONFIG"] + ".sockets"
    with open(stack.env["CALLHOOK_CONFIG"]) as f:
        text = socket_path(f.read(), "status", "")
    with open(config, "w") as f:
        f.write(socket_path(text, "listen", made))
    user = pwd.getpwnam(stack.env["CALLHOOK_RUN_USER"])
    log = open(config + ".log", "w+")
    api = subprocess.Popen([os.path.join(stack.data, "bin", "callhook-api"), "-c", config], stderr=log, cwd="/",
                           user=user.pw_uid if os.geteuid() == 0 else None,
                           group=user.pw_gid if os.geteuid() == 0 else None)
    somebody = socket.socket(socket.AF_UNIX)
    try:
        assert wait_for(lambda: os.path.exists(made))
        somebody.bind(other)
        os.chown(other, user.pw_uid, user.pw_gid)
        with open(config, "w") as f:
            f.write(socket_path(text, "listen", other))
        for _ in range(2):
            os.kill(api.pid, signal.SIGHUP)
            time.sleep(0.5)
        api.terminate()
        assert api.wait(20) == 0
        log.seek(0)
        assert log.read().count("api.listen_unchanged") == 2
        assert not os.path.exists(made)
        assert os.path.exists(other)
    finally:
        api.kill()
        api.wait()
        somebody.close()
        log.close()
        for path in (made, other, config, config + ".log"):
            if os.path.exists(path):
                os.unlink(path)


# ---- two versions at a time ----

EXPAND = """
    ALTER TABLE callhook.webhook ADD COLUMN colour text;
    ALTER TABLE callhook.outbox ADD COLUMN weight integer;
    ALTER TABLE callhook.event ADD COLUMN colour text;
    ALTER TABLE callhook.sender ADD COLUMN colour text;
    CREATE TABLE callhook.novelty (shard smallint NOT NULL, id uuid NOT NULL, PRIMARY KEY (shard, id));
    INSERT INTO callhook.migration (shard, number, name, sha256, applied_at, needs)
    VALUES (0, 9001, 'expand', 'x', now(), 1)
"""
DOWN = """
    DELETE FROM callhook.migration WHERE number >= 9000;
    DROP TABLE callhook.novelty;
    ALTER TABLE callhook.webhook DROP COLUMN colour;
    ALTER TABLE callhook.outbox DROP COLUMN weight;
    ALTER TABLE callhook.event DROP COLUMN colour;
    ALTER TABLE callhook.sender DROP COLUMN colour
"""


def test_this_version_goes_on_with_a_schema_that_only_adds(stack, account):
    """As after a newer version's migrate: programs of both run, are restarted, connect anew."""
    hook = account.webhook("ok")
    with Posts(stack, account, rate=100) as load:
        time.sleep(0.5)
        for command in EXPAND.split(";"):
            stack.sql(command)
        try:
            time.sleep(0.5)
            os.kill(stack.pid("api"), signal.SIGHUP)
            stack.part("stop", "sender")
            stack.part("start", "sender")
            time.sleep(1)
            assert b"\ncallhook_schema_version 9001\n" in stack.base.get("/metrics").body
            assert account.webhook("ok2")["version"] == 1
        finally:
            for command in DOWN.split(";"):
                stack.sql(command)
        time.sleep(0.5)
    no_request_failed(stack, account, load, hook)


def test_a_schema_that_needs_a_newer_version_is_refused(stack):
    """A contracting migration: nothing is started that does not know it."""
    stack.sql("INSERT INTO callhook.migration (shard, number, name, sha256, applied_at)"
            " VALUES (0, 9002, 'contract', 'x', now())")
    try:
        for program in ("callhook-api", "callhook-sender"):
            r = stack.run(os.path.join(stack.data, "bin", program), "-c", stack.env["CALLHOOK_CONFIG"])
            assert r.returncode == 78, r.stderr
            assert "9002" in r.stderr and "install a newer callhook" in r.stderr
    finally:
        stack.sql("DELETE FROM callhook.migration WHERE number >= 9000")
    assert wait_for(stack.ready)
