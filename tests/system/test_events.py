"""Taking events: one, many, the same again, at the same moment."""
import random
import re
import threading
import time
import uuid

import psycopg
import pytest

from client import call_id, fixture, wait_for


def together(n, work):
    """work(i) on n threads; what any of them raised is raised here."""
    errors = []

    def guarded(i):
        try:
            work(i)
        except Exception as e:  # noqa: BLE001 - raised below
            errors.append(e)
    threads = [threading.Thread(target=guarded, args=(i,)) for i in range(n)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if errors:
        raise errors[0]


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


@pytest.mark.slow
def test_overlapping_batches_do_not_deadlock(stack):
    """F10: eight callers post the same new events at the same moment, each in an order of his own."""
    accounts = [stack.account() for _ in range(6)]
    barrier = threading.Barrier(8)
    rounds = [[a.event({}) for a in accounts for _ in range(20)] for _ in range(40)]
    ids = [set() for _ in rounds]
    fresh = [0] * len(rounds)

    def post(_):
        for i, events in enumerate(rounds):
            mine = random.sample(events, len(events))
            barrier.wait(60)
            answer = stack.ingest.post("/events", mine)
            assert answer.status == 202, answer
            for item in answer.json["data"]:
                assert "id" in item, item
                ids[i].add(item["id"])
                fresh[i] += not item["duplicate"]
    deadlocks = stack.log("postgres").count("deadlock detected")
    together(8, post)
    assert {len(x) for x in ids} == {120} and set(fresh) == {120}
    assert stack.log("postgres").count("deadlock detected") == deadlocks


@pytest.mark.slow
def test_no_multixact_for_a_hot_webhook(stack, account):
    """F13: many connections write events and results of one webhook: no row is locked by several."""
    def members():
        stack.sql("CHECKPOINT")
        return stack.sql("SELECT next_multixact_id::text FROM pg_control_checkpoint()")
    hook = account.webhook("ok/hot")
    before = members()
    together(8, lambda _: [account.post({}) for _ in range(50)])
    assert wait_for(lambda: account.counters(hook["id"]) == (400, 0), 20)
    assert members() == before


def uuid7(at):
    return uuid.UUID(int=(int(at * 1000) << 80 | 7 << 76 | 2 << 62 | random.getrandbits(74) & ~(3 << 62)) & (1 << 128) - 1)


@pytest.mark.slow
def test_late_commits_are_seen(stack, account, arrived, unique):
    """A7: thirty transactions take their ids and times, and commit one to eight seconds later,
    while thousands of the same webhook are committed and sent: none is passed over."""
    hook = account.webhook(f"ok/{unique}")
    shard, = stack.sql("SELECT shard FROM callhook.webhook WHERE id = %s", hook["id"])[0]
    late, ending = [], threading.Event()

    def hold(i):
        time.sleep(0.1 * i)
        at, call = time.time(), f"late{i}-{unique}"
        with psycopg.connect(host=stack.env["PGHOST"], user="postgres", dbname="callhook") as c:
            event = uuid7(at)
            c.execute("INSERT INTO callhook.event (shard, service, kind, account_id, id, call_id, data)"
                      " VALUES (%s, 0, 2, %s, %s, %s, '{}')", (shard, account.number, event, call))
            c.execute("INSERT INTO callhook.outbox (shard, kind, attempt, due, call, id, webhook_id, event_id)"
                      " VALUES (%s, 2, 0, to_timestamp(%s), %s, %s, %s, %s)",
                      (shard, at, i, uuid7(at), hook["id"], event))
            time.sleep(8 if i % 10 == 9 else random.uniform(1, 2))
            c.commit()
        late.append(call)

    def post():
        while not ending.is_set():
            stack.ingest.post("/events", [account.event({}) for _ in range(10)])
            time.sleep(0.02)
    posting = threading.Thread(target=post)
    posting.start()
    try:
        together(30, hold)
        assert len(late) == 30
        # The last ones were committed too late for the looks of the moment: a look at everything finds them.
        assert wait_for(lambda: {s.call for s in arrived(0, f"/ok/{unique}")} >= set(late), 45), "passed over"
    finally:
        ending.set()
        posting.join()
    assert len([s for s in arrived(0, f"/ok/{unique}") if s.call in late]) == 30


def test_a_large_fan_out_is_written_in_pieces(account, stack):
    """1000 events that 50 webhooks hear: no transaction that runs into its time limit, and takes others along."""
    account.api.post("/import", {"format": "callhook/1", "mode": "add",
                                 "webhooks": [account.settings(f"ok/{i}") for i in range(50)]})
    hooks = [w["id"] for w in account.api.get("/webhooks?limit=100").json["data"]]
    for h in hooks:
        assert account.api.post(f"/webhooks/{h}/pause", {}).status == 200
    events = [account.event({}) for _ in range(1000)]
    try:
        answer = stack.ingest.post("/events", events)
        assert answer.status == 202, answer
        assert [(e["deliveries"], e["duplicate"]) for e in answer.json["data"]] == [(50, False)] * 1000
        written = stack.sql("SELECT count(*) FROM callhook.outbox WHERE webhook_id = ANY (%s::uuid[])"
                            " GROUP BY xmin::text", hooks)
        assert sum(n for n, in written) == 50000 and max(n for n, in written) <= 20000
        again = stack.ingest.post("/events", events).json["data"]
        assert [(e["id"], e["duplicate"]) for e in again] == [(e["id"], True) for e in answer.json["data"]]
    finally:
        stack.sql("DELETE FROM callhook.outbox WHERE webhook_id = ANY (%s::uuid[])", hooks)
