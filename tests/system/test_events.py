"""Taking events: one, many, the same again, at the same moment."""
import re
import threading

import pytest

from client import call_id, fixture, wait_for


def test_one(account, arrived, unique):
    account.webhook(f"ok/{unique}")
    answer = account.post(occurred_at="2026-11-22T11:02:41.000+03:00")
    assert set(answer) == {"id", "deliveries", "duplicate"}
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", answer["id"])
    assert (answer["deliveries"], answer["duplicate"]) == (1, False)
    assert len(arrived(1, f"/ok/{unique}")) == 1


def test_nobody_listens(account):
    answer = account.post()
    assert (answer["deliveries"], answer["duplicate"]) == (0, False)


def test_the_same_again_answers_the_first_id(account, arrived, quiet, unique):
    account.webhook(f"ok/{unique}")
    call = call_id()
    first = account.post(call_id=call)
    arrived(1, f"/ok/{unique}")
    again = account.post({"other": "data"}, call_id=call)
    assert again["id"] == first["id"]
    assert again["duplicate"] is True
    assert len(quiet(f"/ok/{unique}")) == 1


def test_what_makes_it_another_event(account, stack):
    call = call_id()
    ids = {account.post(call_id=call)["id"],
           account.post(call_id=call, event="call_start")["id"],
           account.post(fixture("ck_end.json"), call_id=call, service="callkeeper")["id"],
           account.post(call_id=call_id())["id"],
           stack.account().post(call_id=call)["id"]}
    assert len(ids) == 5


def test_twenty_at_the_same_moment_are_one(account, arrived, quiet, unique):
    account.webhook(f"ok/{unique}")
    event = account.event()
    answers, errors = [], []
    barrier = threading.Barrier(20)

    def post():
        try:
            barrier.wait(10)
            answers.append(account.stack.ingest.post("/events", event))
        except Exception as e:  # noqa: BLE001 - shown below
            errors.append(e)
    threads = [threading.Thread(target=post) for _ in range(20)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not errors
    assert {a.status for a in answers} == {202}
    assert len({a.json["id"] for a in answers}) == 1
    assert sorted(a.json["duplicate"] for a in answers) == [False] + [True] * 19
    arrived(1, f"/ok/{unique}")
    assert len(quiet(f"/ok/{unique}")) == 1


def test_array_in_order(account, arrived, unique):
    account.webhook(f"ok/{unique}")
    calls = [call_id() for _ in range(50)]
    answer = account.stack.ingest.post("/events", [account.event({"client_number": str(i)}, call_id=c)
                                                   for i, c in enumerate(calls)])
    assert answer.status == 202
    items = answer.json["data"]
    assert len(items) == 50
    assert all(set(i) == {"id", "deliveries", "duplicate"} and i["deliveries"] == 1 for i in items)
    seen = {s.call: s.body for s in arrived(50, f"/ok/{unique}")}
    assert seen == {c: b'{"phone":"%d"}' % i for i, c in enumerate(calls)}


def test_array_of_the_most(account, stack):
    events = [account.event({}) for _ in range(1000)]
    answer = stack.ingest.post("/events", events)
    assert answer.status == 202
    assert len({i["id"] for i in answer.json["data"]}) == 1000
    answer = stack.ingest.post("/events", events + [account.event({})])
    assert answer.status == 422, answer
    assert answer.json["detail"]


def test_empty_array(stack):
    answer = stack.ingest.post("/events", [])
    assert answer.status in (202, 422)
    if answer.status == 202:
        assert answer.json == {"data": []}


def test_the_same_twice_in_one_array(account):
    event = account.event()
    items = account.stack.ingest.post("/events", [event, event]).json["data"]
    assert items[0]["id"] == items[1]["id"]
    assert [i["duplicate"] for i in items] == [False, True]


def test_each_item_has_its_own_error(account, arrived, unique):
    account.webhook(f"ok/{unique}")
    events = [account.event(), account.event(service="nothing"), account.event(), 7, account.event(call_id="a b")]
    answer = account.stack.ingest.post("/events", events)
    assert answer.status == 202
    items = answer.json["data"]
    assert [("id" in i, "error" in i) for i in items] == \
        [(True, False), (False, True), (True, False), (False, True), (False, True)]
    assert items[1]["error"]["errors"][0]["pointer"] == "/1/service"
    assert items[4]["error"]["errors"][0]["pointer"] == "/4/call_id"
    assert len(arrived(2, f"/ok/{unique}")) == 2


def test_account_key_in_an_array_of_others(account, stack):
    answer = account.api.post("/events", [account.event(), stack.account().event()])
    assert answer.status == 202
    items = answer.json["data"]
    assert "id" in items[0] and "error" in items[1]


def test_accounts_on_many_shards_in_one_array(stack):
    events = []
    for account_id in range(900001, 900101):
        events.append({"account_id": account_id, "service": "calltracking", "event": "call_end",
                       "call_id": call_id(), "data": {}})
    answer = stack.ingest.post("/events", events)
    assert answer.status == 202
    assert all("id" in i for i in answer.json["data"])
    shards = stack.sql("SELECT count(DISTINCT shard) FROM callhook.event"
                       " WHERE account_id BETWEEN 900001 AND 900100")
    assert shards[0][0] > 30


def test_the_data_is_kept_as_received(account, stack):
    text = b'{ "b":1.0, "a" : "\\u0430"}'
    event = b'{"account_id":%d,"service":"calltracking","event":"call_end","call_id":"%s","data":%s}' % (
        account.number, call_id().encode(), text)
    answer = stack.ingest.post("/events", event)
    assert answer.status == 202
    assert bytes(stack.sql("SELECT data FROM callhook.event WHERE id = %s", answer.json["id"])[0][0]) == text


@pytest.mark.slow
def test_load_from_many_connections(account, arrived, unique):
    """Everything accepted arrives exactly once."""
    account.webhook(f"ok/{unique}")
    accepted, refused = [], []

    def post():
        for _ in range(100):
            event = account.event({"client_number": "1"})
            answer = account.stack.ingest.post("/events", event)
            (accepted if answer.status == 202 else refused).append(event["call_id"])
    threads = [threading.Thread(target=post) for _ in range(16)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not refused
    seen = arrived(1600, f"/ok/{unique}", seconds=30)
    assert sorted(s.call for s in seen) == sorted(accepted)
    assert wait_for(lambda: account.stack.sql(
        "SELECT count(*) FROM callhook.outbox o JOIN callhook.webhook w ON w.id = o.webhook_id"
        " WHERE w.account_id = %s", account.number) == [(0,)])
