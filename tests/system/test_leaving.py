"""How the sender leaves: politely, when its time is over, and when it is told twice."""
import os
import signal
import threading
import time

import pytest

from client import wait_for
from conftest import SETTINGS, Stack

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def hasty():
    """A stack whose sender has a second to leave, while a request may take eight."""
    s = Stack(SETTINGS.replace("sender.drain_timeout=5s", "sender.drain_timeout=1s")
              .replace("sender.timeout=2s", "sender.timeout=8s"))
    yield s
    s.close()


def sent(ledger, path):
    ledger.read()
    return [s for s in ledger.seen if s.target.startswith(path)]


def leave(stack, *signals, seconds=10):
    """Seconds until the sender has ended, and what it said."""
    pid, said, start = stack.pid("sender"), len(stack.log("sender")), time.monotonic()
    for s in signals:
        os.kill(pid, s)
        time.sleep(0.1)
    assert wait_for(lambda: not os.path.exists(f"/proc/{pid}/stat") or
                    open(f"/proc/{pid}/stat").read().split()[2] == "Z", seconds), "it did not leave"
    return time.monotonic() - start, stack.log("sender")[said:]


def said_good_bye(stack):
    return stack.sql("SELECT count(*) FROM callhook.sender") == [(0,)]


@pytest.fixture
def again(hasty):
    yield
    hasty.part("start", "sender")


def test_hang_up_is_a_polite_end_too(hasty, again, unique):
    """There is no reload: whoever supervises it starts it again, with the new configuration."""
    account, ledger = hasty.account(), hasty.ledger()
    hook = account.webhook(f"slow/400/{unique}")
    account.post()
    assert wait_for(lambda: hasty.sql("SELECT 1 FROM callhook.sender WHERE in_flight > 0") or
                    sent(ledger, f"/slow/400/{unique}"))
    took, said = leave(hasty, signal.SIGHUP)
    assert "sender.stopping" in said and "status=0" in said and took < 1.5
    assert [a[1] for a in hasty.attempts(hook["id"])] == ["delivered"]
    assert said_good_bye(hasty)


def test_what_takes_too_long_is_broken_off(hasty, unique):
    account, ledger = hasty.account(), hasty.ledger()
    hook = account.webhook(f"hang/{unique}")
    account.post()
    assert wait_for(lambda: sent(ledger, f"/hang/{unique}"))
    took, said = leave(hasty, signal.SIGTERM)
    assert 0.9 < took < 3 and "sender.drain_timeout" in said and "left_unsettled" not in said
    assert said_good_bye(hasty) and hasty.attempts(hook["id"]) == []
    hasty.part("start", "sender")
    assert wait_for(lambda: len(sent(ledger, f"/hang/{unique}")) == 2)
    first, second = sent(ledger, f"/hang/{unique}")
    assert first.id == second.id
    account.api.delete("/webhooks/" + hook["id"], headers={"If-Match": "*"})


def test_so_is_a_test_that_somebody_waits_for(hasty, again, unique):
    account, ledger = hasty.account(), hasty.ledger()
    asked = threading.Thread(target=lambda: account.api.post("/webhooks/test", {
        "webhook": account.settings(f"hang/{unique}"), "event": "call_end"}))
    asked.start()
    assert wait_for(lambda: sent(ledger, f"/hang/{unique}"))
    took, said = leave(hasty, signal.SIGTERM)
    assert 0.9 < took < 3 and "sender.drain_timeout" in said
    assert said_good_bye(hasty)
    asked.join()


def test_the_second_signal_ends_it_at_once(hasty, again, unique):
    account, ledger = hasty.account(), hasty.ledger()
    hook = account.webhook(f"hang/{unique}")
    account.post()
    assert wait_for(lambda: sent(ledger, f"/hang/{unique}"))
    took, said = leave(hasty, signal.SIGTERM, signal.SIGINT)
    assert took < 0.9 and "sender.stop_at_once" in said
    account.api.delete("/webhooks/" + hook["id"], headers={"If-Match": "*"})


def test_it_does_not_wait_for_a_database_that_says_nothing(hasty, unique):
    """Its session writes the result when it may, and holds the shards until then; or it is sent again."""
    account, ledger = hasty.account(), hasty.ledger()
    hook = account.webhook(f"ok/{unique}")
    with hasty.locked("attempt"):
        account.post()
        assert wait_for(lambda: sent(ledger, f"/ok/{unique}"))
        took, said = leave(hasty, signal.SIGTERM)
        assert 0.9 < took < 3 and "sender.left_unsettled" in said
    hasty.part("start", "sender")
    assert wait_for(lambda: account.counters(hook["id"]) == (1, 0))
    assert len({s.id for s in sent(ledger, f"/ok/{unique}")}) == 1
