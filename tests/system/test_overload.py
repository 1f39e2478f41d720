"""More requests than may wait: the rest is refused at once, with Retry-After, and those who wait are served."""
import os
import re
import signal
import socket
import threading
import time

import pytest

from conftest import SETTINGS, Stack, wait_for

BACKLOG = 4


@pytest.fixture(scope="module")
def small():
    s = Stack(SETTINGS + f"api.backlog={BACKLOG}\napi.workers=1\n")
    yield s
    s.close()


@pytest.fixture(scope="module")
def slow():
    """A disk that takes 10 ms for each transaction, of 4 events at most."""
    s = Stack(SETTINGS + "api.workers=1\napi.batch=4\n")
    for text in ("ALTER SYSTEM SET commit_siblings = 0", "ALTER SYSTEM SET commit_delay = 10000", "SELECT pg_reload_conf()"):
        s.sql(text)
    yield s
    s.close()


def ask(stack, answers):
    """One request; its status, Retry-After and seconds."""
    port = int(stack.url.split(":")[2].split("/")[0])
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=20) as s:
        s.sendall(b"GET /callhook/api/healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        text = b""
        while piece := s.recv(65536):
            text += piece
    head = text.split(b"\r\n\r\n")[0].lower()
    answers.append((int(head.split()[1]), b"retry-after: 5" in head, time.monotonic() - began, text))


def test_who_cannot_wait_is_told_so_at_once(small):
    answers = []
    workers = small.workers()
    for pid in workers:
        os.kill(pid, signal.SIGSTOP)
    try:
        asking = [threading.Thread(target=ask, args=(small, answers)) for _ in range(30)]
        for t in asking:
            t.start()
        deadline = time.monotonic() + 10
        while len(answers) < 30 - BACKLOG - 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        refused = list(answers)
        assert len(refused) >= 30 - BACKLOG - 2, "the others wait for a worker that is stopped"
        assert {(status, retry) for status, retry, _, _ in refused} == {(503, True)}
        assert max(seconds for _, _, seconds, _ in refused) < 2
        assert b"application/problem+json" in refused[0][3] and b"/problems/unavailable" in refused[0][3]
    finally:
        for pid in workers:
            os.kill(pid, signal.SIGCONT)
    for t in asking:
        t.join(20)
    served = [a for a in answers if a not in refused]
    assert len(answers) == 30 and BACKLOG <= len(served) <= BACKLOG + 2
    assert {status for status, _, _, _ in served} == {200}


def test_afterwards_nobody_is_refused(small):
    answers = []
    for _ in range(20):
        ask(small, answers)
    assert {status for status, _, _, _ in answers} == {200}


def test_a_queue_that_stands_is_short_until_it_is_empty(slow):
    account = slow.account()
    end = time.monotonic() + 3
    answers, limits = [], set()

    def post():
        while time.monotonic() < end:
            answers.append(slow.ingest.post("/events", account.event()).status)
            if answers[-1] != 202:
                time.sleep(0.05)

    def limit():
        return slow.status()["listen_queue"]["limit"]

    assert limit() == 512
    posting = [threading.Thread(target=post) for _ in range(150)]
    for t in posting:
        t.start()
    while time.monotonic() < end:
        limits.add(limit())
        time.sleep(0.02)
    for t in posting:
        t.join(20)
    assert 64 in limits, "more may wait than the workers take along, and go on waiting"
    assert {202, 503} == set(answers)
    assert wait_for(lambda: limit() == 512), "afterwards a burst may wait again"
    assert sum(n for (n,) in slow.sql("SELECT count(*) FROM callhook.event")) == answers.count(202)
    text = slow.base.get("/metrics").body.decode()
    assert int(re.search(r"^callhook_api_listen_queue_narrowed_total (\d+)", text, re.M)[1]) >= 1
    assert "worker.overload may_wait=64" in slow.log("api")
    assert "connect() to unix" not in slow.log("nginx"), "a line for each who is refused keeps nginx waiting for the disk"
