"""PostgreSQL goes away and comes back: the API says so and recovers by itself;
every event that was answered with 202 is delivered."""
import threading
import time

import pytest

from client import call_id, wait_for


def test_down_and_up_again(stack, account, arrived, unique):
    account.webhook(f"ok/{unique}")
    before = account.event()
    assert stack.ingest.post("/events", before).status == 202
    workers = stack.workers()
    stack.part("stop", "postgres", "immediate")
    try:
        for answer in (stack.ingest.post("/events", account.event()), account.api.get("/webhooks")):
            assert answer.status == 503, answer
            assert int(answer.headers["Retry-After"]) > 0
            assert answer.headers["Content-Type"] == "application/problem+json"
        assert not stack.ready()
    finally:
        stack.part("start", "postgres")
    assert wait_for(stack.ready, seconds=5)
    after = account.event()
    answer = wait_for(lambda: (a := stack.ingest.post("/events", after)).status == 202 and a, seconds=5)
    assert answer and not answer.json["duplicate"]
    both = {before["call_id"], after["call_id"]}
    # The first may come twice: its result was in memory when the server crashed.
    assert wait_for(lambda: {s.call for s in arrived(2, f"/ok/{unique}", seconds=15)} == both, 15)
    assert stack.workers() == workers


def test_backends_killed(stack, account):
    """The connections go, the server stays."""
    for _ in range(5):
        stack.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                  " WHERE usename = 'callhook_stack_api'")
        event = account.event()
        assert wait_for(lambda: stack.ingest.post("/events", event).status == 202, seconds=3)


@pytest.mark.slow
def test_crashes_under_load(stack, account, arrived, unique):
    account.webhook(f"ok/{unique}")
    accepted, others = [], []
    stop = threading.Event()

    def post():
        while not stop.is_set():
            event = account.event({"client_number": call_id()})
            for _ in range(200):  # a caller that does as it is told: again, the same
                try:
                    answer = stack.ingest.post("/events", event)
                except OSError:
                    others.append("connection")
                    break
                if answer.status == 202:
                    accepted.append(event["call_id"])
                    break
                if answer.status != 503:
                    others.append(answer.status)
                    break
                time.sleep(0.05)
            time.sleep(0.01)
    threads = [threading.Thread(target=post) for _ in range(6)]
    for t in threads:
        t.start()
    try:
        for _ in range(4):
            time.sleep(1)
            stack.part("stop", "postgres", "immediate")
            time.sleep(0.3)
            stack.part("start", "postgres")
        time.sleep(1)
    finally:
        stop.set()
        for t in threads:
            t.join()
        if not stack.ready():
            stack.part("start", "postgres")
    assert not others
    assert len(accepted) > 50
    assert wait_for(lambda: set(accepted) <= {s.call for s in arrived(0, f"/ok/{unique}")}, seconds=40)
    seen = arrived(0, f"/ok/{unique}")
    # One delivery a call, whatever was sent again.
    ids = {}
    for s in seen:
        ids.setdefault(s.call, set()).add(s.id)
    assert all(len(x) == 1 for x in ids.values())
