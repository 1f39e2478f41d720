"""The sender is killed in the middle of its work: nothing is lost, ids stay, and
what comes twice was in flight."""
import time

import pytest

from client import call_id, wait_for


@pytest.mark.slow
def test_kill_9(stack, account, arrived, quiet, unique):
    kills = 5
    account.webhook(f"slow/20/{unique}")
    calls = []
    for i in range(kills):
        events = [account.event({"client_number": str(i)}, call_id=call_id()) for _ in range(150)]
        assert stack.ingest.post("/events", events).status == 202
        calls += [e["call_id"] for e in events]
        time.sleep(0.15 + 0.1 * i)
        stack.part("kill", "sender")
        stack.part("start", "sender")
    assert wait_for(lambda: {s.call for s in arrived(0, f"/slow/20/{unique}")} == set(calls), seconds=40)
    seen = quiet(f"/slow/20/{unique}", 1.5)
    by_call = {}
    for s in seen:
        by_call.setdefault(s.call, []).append(s)
    assert all(len({s.id for s in x}) == 1 for x in by_call.values())
    assert all(len({s.body for s in x}) == 1 for x in by_call.values())
    # window is 32 at most a webhook; results wait up to 20 ms to be written
    assert len(seen) - len(calls) <= kills * 64
    assert stack.sql("SELECT count(*) FROM callhook.outbox o JOIN callhook.webhook w ON w.id = o.webhook_id"
                     " WHERE w.account_id = %s", account.number) == [(0,)]


def test_back_within_two_seconds(stack, account, arrived, unique):
    account.webhook(f"ok/{unique}")
    stack.part("kill", "sender")
    account.post()
    start = time.monotonic()
    stack.part("start", "sender")
    assert len(arrived(1, f"/ok/{unique}")) == 1
    assert time.monotonic() - start < 2.5


@pytest.mark.slow
def test_stopping_politely_sends_nothing_twice(stack, account, arrived, quiet, unique):
    account.webhook(f"slow/100/{unique}")
    calls = []
    for _ in range(3):
        events = [account.event({}, call_id=call_id()) for _ in range(60)]
        assert stack.ingest.post("/events", events).status == 202
        calls += [e["call_id"] for e in events]
        time.sleep(0.2)
        stack.part("stop", "sender")
        stack.part("start", "sender")
    arrived(len(calls), f"/slow/100/{unique}", seconds=30)
    seen = quiet(f"/slow/100/{unique}", 1)
    assert sorted(s.call for s in seen) == sorted(calls)


@pytest.mark.slow
def test_a_second_sender_takes_over(stack, account, arrived, quiet, unique):
    """Two at once: each delivery goes out once; one dies, the other goes on."""
    import os
    import subprocess
    import pwd
    account.webhook(f"ok/{unique}")
    conf = os.path.join(stack.env["CALLHOOK_RUN"], "second.conf")
    with open(stack.env["CALLHOOK_CONFIG"]) as f:
        text = f.read().replace("/wake.sock", "/wake2.sock")
    with open(conf, "w") as f:
        f.write(text)
    os.chmod(conf, 0o644)
    command = [os.path.join(stack.data, "bin", "callhook-sender"), "-c", conf]
    user = stack.env["CALLHOOK_RUN_USER"]
    if os.geteuid() == 0:
        command = ["setpriv", "--reuid", user, "--regid", str(pwd.getpwnam(user).pw_gid), "--init-groups", *command]
    second = subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd="/")
    try:
        time.sleep(1)
        for _ in range(100):
            account.post({})
        arrived(100, f"/ok/{unique}")
        assert len(quiet(f"/ok/{unique}")) == 100
        stack.part("kill", "sender")
        for _ in range(20):
            account.post({})
        assert len(arrived(120, f"/ok/{unique}", seconds=20)) == 120
    finally:
        second.terminate()
        second.wait(20)
        os.unlink(conf)
        stack.part("stop", "sender")
        stack.part("start", "sender")
    account.post({})
    assert len(arrived(121, f"/ok/{unique}")) == 121
