"""Reloading, stopping and crashing workers loses no request."""
import os
import signal
import threading
import time

import pytest

from client import wait_for


class Load:
    """Posts from some threads until it is stopped; keeps the statuses."""

    def __init__(self, account, threads=4, pause=0.01):
        self.account, self.pause = account, pause
        self.statuses, self.stop = [], threading.Event()
        self.threads = [threading.Thread(target=self.post) for _ in range(threads)]

    def post(self):
        while not self.stop.is_set():
            try:
                self.statuses.append(self.account.stack.ingest.post("/events", self.account.event({})).status)
            except OSError as e:
                self.statuses.append(repr(e))
            time.sleep(self.pause)

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
        for wrong in ("[api]\nworkers = many\n", "nonsense", good.replace("workers", "wrokers")):
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
    assert "callhook.conf:" in stack.log("api")


def test_reload_changes_the_number_of_workers(stack, account):
    path = stack.env["CALLHOOK_CONFIG"]
    with open(path) as f:
        good = f.read()
    master = stack.pid("api")
    try:
        with open(path, "w") as f:
            f.write(good.replace('workers = "2"', 'workers = "3"'))
        os.kill(master, signal.SIGHUP)
        assert wait_for(lambda: len(stack.workers()) == 3)
    finally:
        with open(path, "w") as f:
            f.write(good)
        os.kill(master, signal.SIGHUP)
    assert wait_for(lambda: len(stack.workers()) == 2)
    assert account.api.get("/webhooks").status == 200


@pytest.mark.slow
def test_reload_under_load_loses_nothing(stack, account):
    master = stack.pid("api")
    with Load(account) as load:
        for _ in range(10):
            time.sleep(0.3)
            os.kill(master, signal.SIGHUP)
        time.sleep(0.5)
    assert len(load.statuses) > 100
    assert set(load.statuses) == {202}
    assert wait_for(lambda: len(stack.workers()) == 2)


def test_a_killed_worker_is_replaced(stack, account):
    old = stack.workers()
    os.kill(old[0], signal.SIGKILL)
    assert wait_for(lambda: len(stack.workers()) == 2 and stack.workers() != old)
    assert account.api.get("/webhooks").status == 200


def test_stop_finishes_what_was_begun(stack, account):
    """A request that waits for the database when SIGTERM comes is still answered."""
    import psycopg
    answers = []
    with psycopg.connect(host=stack.env["PGHOST"], user="postgres", dbname="callhook") as c:
        c.execute("LOCK TABLE callhook.event_key IN ACCESS EXCLUSIVE MODE")
        t = threading.Thread(target=lambda: answers.append(stack.ingest.post("/events", account.event())))
        t.start()
        time.sleep(0.3)
        os.kill(stack.pid("api"), signal.SIGTERM)
        time.sleep(0.2)
        c.rollback()
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
    import psycopg
    with psycopg.connect(host=stack.env["PGHOST"], user="postgres", dbname="callhook") as c:
        c.execute("LOCK TABLE callhook.event_key IN ACCESS EXCLUSIVE MODE")
        start = time.monotonic()
        answer = stack.ingest.post("/events", account.event())
        assert answer.status == 503, answer
        assert answer.headers["Retry-After"]
        assert time.monotonic() - start < 8
        c.rollback()
    assert stack.ingest.post("/events", account.event()).status == 202
