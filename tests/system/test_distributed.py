"""database.distributed: the same promises when each transaction has to do with one shard, as
a database wants it that is distributed by shard (sql/citus.sql).  Debian has no Citus; that
the statements keep to their shard is looked at in test_statements."""
import pytest

from client import call_id, wait_for
from conftest import SETTINGS, Stack

ACCOUNTS = 12


@pytest.fixture(scope="module")
def own():
    s = Stack(SETTINGS + "database.distributed=yes\n")
    yield s
    s.close()


@pytest.fixture(scope="module")
def accounts(own):
    made = [own.account() for _ in range(ACCOUNTS)]
    for a in made:
        a.webhook(f"ok/{a.number}")
    return made


def test_an_array_over_many_shards(own, accounts):
    ledger = own.ledger()
    events = [a.event() for a in accounts for _ in range(3)]
    events[5] = {**events[4]}                       # the same, in one array
    events[7] = {**events[7], "event": "no_such"}   # bad, alone
    answer = own.ingest.post("/events", events)
    assert answer.status == 202, answer
    results = answer.json["data"]
    assert len(results) == len(events)
    assert results[5] == {"id": results[4]["id"], "deliveries": 0, "duplicate": True}
    assert results[7]["error"]["errors"][0]["pointer"] == "/7/event"
    good = [i for i in range(len(events)) if i not in (5, 7)]
    assert all(results[i]["deliveries"] == 1 and not results[i]["duplicate"] for i in good)
    shards = own.sql("SELECT count(DISTINCT shard) FROM callhook.event")[0][0]
    assert shards > 1

    def all_here():
        ledger.read()
        return len(ledger.seen) >= len(good)
    wait_for(all_here, 15)
    assert {s.call for s in ledger.seen} == {events[i]["call_id"] for i in good}
    assert len({s.id for s in ledger.seen}) == len(good)


def test_the_same_again(own, accounts):
    event = accounts[0].event(call_id=call_id())
    first = own.ingest.post("/events", event).json
    again = own.ingest.post("/events", [event, accounts[1].event()]).json["data"]
    assert again[0] == {"id": first["id"], "deliveries": 0, "duplicate": True}
    assert again[1]["duplicate"] is False


def test_starts_are_late_for_their_own_calls_only(own):
    three = [own.account() for _ in range(3)]
    for a in three:
        a.webhook(f"ok/late/{a.number}", events=["call_start", "call_end"])
    call = call_id()
    assert three[0].post(call_id=call)["deliveries"] == 1
    starts = [a.event(event="call_start", call_id=call) for a in three]
    assert [r["deliveries"] for r in own.ingest.post("/events", starts).json["data"]] == [0, 1, 1]


def test_a_session_that_died_is_no_loss(own, accounts):
    own.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name IN ('callhook-api', 'callhook-sender')")
    ledger = own.ledger()
    events = [a.event() for a in accounts]
    answer = own.ingest.post("/events", events)
    assert answer.status == 202, answer
    assert all(r["deliveries"] == 1 for r in answer.json["data"])

    def all_here():
        ledger.read()
        return {s.call for s in ledger.seen} >= {e["call_id"] for e in events}
    wait_for(all_here, 20)
