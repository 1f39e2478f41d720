"""What a customer does with a webhook besides editing it: tests, pauses, recoveries."""
import threading
import time

import pytest

from client import Api, call_id, wait_for
from test_api import problem

PAUSE = "/webhooks/{}/pause"
NOBODYS = "019aab20-7d1e-7a52-8c36-0f9b1a2c3d4e"


def codes(answer):
    assert answer.status == 422, answer
    return {e["pointer"]: e["code"] for e in answer.json["errors"]}


# ---- tests ----

def test_a_saved_webhook_is_tried(account, arrived, unique):
    hook = account.webhook(f"ok/{unique}", method="POST")
    began = time.monotonic()
    answer = account.api.post(f"/webhooks/{hook['id']}/test", {"event": "call_end"})
    assert answer.status == 200, answer
    assert time.monotonic() - began < 2
    made = answer.json
    assert (made["outcome"], made["status"], made["error"], made["error_text"]) == ("delivered", 200, None, None)
    (seen,) = arrived(1, f"/ok/{unique}")
    assert seen.header("X-CKCT-Test") == "1"
    assert seen.id == made["id"]
    assert seen.body.decode() == made["request"]["body"]
    assert "X-CKCT-Test: 1" in made["request"]["headers"]
    assert made["response"].startswith("HTTP/1.1 200")
    assert made["timings"]["total_ms"] > 0 and made["address"].startswith("127.0.0.1:")
    # Nothing of it is counted, logged, or kept.
    now = account.read(hook["id"])
    assert (now["sent_ok"], now["sent_failed"], now["last_delivery"]) == (0, 0, None)
    assert account.api.get(f"/webhooks/{hook['id']}/deliveries").json["data"] == []
    assert account.stack.sql("SELECT count(*) FROM callhook.trial WHERE account_id = %s", account.number) == [(0,)]


def test_a_test_of_a_webhook_that_is_off_or_paused(account, arrived, unique):
    off = account.webhook(f"ok/{unique}/off", enabled=False)
    paused = account.webhook(f"ok/{unique}/paused")
    assert account.api.post(PAUSE.format(paused["id"]), None).status == 200
    for hook in off, paused:
        made = account.api.post(f"/webhooks/{hook['id']}/test", {"event": "call_end"}).json
        assert made["outcome"] == "delivered"


def test_settings_that_are_not_saved_are_tried(account, arrived, unique):
    answer = account.api.post("/webhooks/test", {"webhook": account.settings(f"status/404/{unique}"),
                                                 "event": "call_end"}, headers={"Accept-Language": "ru"})
    assert answer.status == 200, answer
    assert (answer.json["outcome"], answer.json["status"], answer.json["error"]) == ("failed", 404, "http_status")
    assert "404" in answer.json["error_text"]
    assert account.api.get("/webhooks").json["data"] == []


def test_a_test_is_signed_as_deliveries_are(account, arrived, unique):
    hook = account.webhook(f"ok/{unique}")
    if account.api.post(f"/webhooks/{hook['id']}/secret", {}).status == 503:
        pytest.skip("this stack has no master key")
    assert account.api.post(f"/webhooks/{hook['id']}/test", {"event": "call_end"}).json["outcome"] == "delivered"
    (seen,) = arrived(1, f"/ok/{unique}")
    assert seen.header("webhook-signature").startswith("v1,")


def test_a_test_with_a_call_of_the_account(account, arrived, unique):
    hook = account.webhook(f"ok/{unique}", enabled=False)
    call = call_id()
    account.post({"client_number": "70001112233"}, call_id=call)
    made = account.api.post(f"/webhooks/{hook['id']}/test", {"event": "call_end", "call_id": call}).json
    assert "70001112233" in made["request"]["body"]
    assert "70001112233" in arrived(1, f"/ok/{unique}")[0].body.decode()
    assert account.api.post(f"/webhooks/{hook['id']}/test",
                            {"event": "call_start", "call_id": call}).status == 404
    refused = account.api.post(f"/webhooks/{hook['id']}/test", {"event": "call_start", "call_id": call},
                               headers={"Accept-Language": "ru"})
    assert refused.json["detail"].startswith("Такого звонка")


def test_a_test_that_finds_nobody(account):
    made = account.api.post("/webhooks/test", {"webhook": account.settings(origin="https://nothing.invalid"),
                                               "event": "call_end"}).json
    assert (made["outcome"], made["error"], made["status"]) == ("failed", "dns", 0)
    assert made["error_text"] and made["response"] is None


def test_a_test_obeys_the_address_policy(stack, account):
    answer = account.api.post("/webhooks/test", {"webhook": account.settings(origin="http://10.0.0.1"),
                                                 "event": "call_end"})
    assert codes(answer) == {"/webhook/origin": "url_private"}


def test_one_test_at_a_time(account, stack, unique):
    slow = {"webhook": account.settings(f"slow/1200/{unique}"), "event": "call_end"}
    answers = []
    first = threading.Thread(target=lambda: answers.append(account.api.post("/webhooks/test", slow)))
    first.start()
    time.sleep(0.4)
    # A worker that waits for a test goes on with others meanwhile.
    began = time.monotonic()
    for _ in range(10):
        assert account.api.get("/webhooks").status == 200
    assert time.monotonic() - began < 1
    second = account.api.post("/webhooks/test", slow)
    assert second.status == 429 and second.headers["Retry-After"]
    first.join()
    assert answers[0].json["outcome"] == "delivered"
    assert stack.account().api.post("/webhooks/test", {
        "webhook": account.settings(f"ok/{unique}"), "event": "call_end"}).status == 200


@pytest.mark.parametrize("order, wrong", [
    ({}, {"/event": "required"}),
    ({"event": "call_middle"}, {"/event": "not_in_list"}),
    ({"event": 1}, {"/event": "wrong_type"}),
    ({"event": "call_end", "call_id": "a b"}, {"/call_id": "allowed_characters"}),
    ({"event": "call_end", "call_id": ""}, {"/call_id": "empty"}),
    ({"event": "call_end", "what": 1}, {"/what": "unknown_field"}),
])
def test_orders_of_tests_that_are_refused(account, order, wrong):
    hook = account.webhook()
    assert codes(account.api.post(f"/webhooks/{hook['id']}/test", order)) == wrong
    assert codes(account.api.post("/webhooks/test", order)) == {"/webhook": "required", **wrong}


@pytest.mark.slow
def test_a_test_when_nobody_sends(stack, account, unique):
    hook = account.webhook(f"ok/{unique}")
    stack.part("stop", "sender")
    try:
        answer = account.api.post(f"/webhooks/{hook['id']}/test", {"event": "call_end"}, timeout=60)
        assert answer.status == 503, answer
    finally:
        stack.part("start", "sender")
    # What nobody made is not made later.
    assert account.api.post(f"/webhooks/{hook['id']}/test", {"event": "call_end"}).json["outcome"] == "delivered"


# ---- pauses ----

def test_a_pause_collects_and_a_resume_sends(account, arrived, quiet, unique):
    hook = account.webhook(f"ok/{unique}")
    paused = account.api.post(PAUSE.format(hook["id"]), None)
    assert paused.status == 200 and paused.json["paused_at"], paused
    assert paused.json["version"] == 2 and paused.headers["ETag"] == '"v2"'
    for _ in range(3):
        assert account.post()["deliveries"] == 1
    assert quiet(f"/ok/{unique}") == []
    assert account.read(hook["id"])["pending"] == 3
    listed = account.api.get("/webhooks").json["data"][0]
    assert listed["paused_at"] == paused.json["paused_at"] and "pending" not in listed
    # Once more changes nothing.
    assert account.api.post(PAUSE.format(hook["id"]), {}).json["version"] == 2
    began = time.monotonic()
    resumed = account.api.post(f"/webhooks/{hook['id']}/resume", None).json
    assert resumed["paused_at"] is None and resumed["version"] == 3
    arrived(3, f"/ok/{unique}")
    assert time.monotonic() - began < 2
    wait_for(lambda: account.read(hook["id"])["pending"] == 0, 5)
    assert [v["action"] for v in account.api.get(f"/webhooks/{hook['id']}/versions").json["data"]] == [
        "resumed", "paused", "created"]


def test_a_pause_takes_hold_in_the_middle_of_a_backlog(account, arrived, ledger, unique):
    hook = account.webhook(f"slow/400/{unique}")
    # At once: posted one by one on a busy machine, they are sent as fast as they come.
    assert account.stack.ingest.post("/events", [account.event() for _ in range(150)]).status == 202
    arrived(20, f"/slow/400/{unique}")
    assert account.api.post(PAUSE.format(hook["id"]), None).status == 200
    time.sleep(0.8)     # what is in flight ends
    ledger.read()
    n = len(ledger.seen)
    time.sleep(1)
    ledger.read()
    assert len(ledger.seen) == n < 150
    assert account.api.post(f"/webhooks/{hook['id']}/resume", None).status == 200
    arrived(150, f"/slow/400/{unique}", 20)


def test_switching_off_cancels_what_a_pause_has_collected(account, unique):
    hook = account.webhook(f"ok/{unique}")
    account.api.post(PAUSE.format(hook["id"]), None)
    account.post()
    settings = account.settings(f"ok/{unique}", enabled=False)
    assert account.api.put(f"/webhooks/{hook['id']}", settings, headers={"If-Match": "*"}).status == 200
    wait_for(lambda: [a[1] for a in account.stack.attempts(hook["id"])] == ["cancelled"], 10)


@pytest.mark.parametrize("how", ["off", "deleted"])
def test_what_waits_for_its_retry_is_cancelled_at_once(account, unique, how):
    hook = account.webhook(f"status/500/{unique}", retry_schedule=[3600])
    account.post()
    wait_for(lambda: [a[1] for a in account.stack.attempts(hook["id"])] == ["retry"], 10)
    path = "/webhooks/" + hook["id"]
    any_version = {"If-Match": "*"}
    if how == "off":
        assert account.api.call("PATCH", path, {"enabled": False}, headers=any_version).status == 200
    else:
        assert account.api.delete(path, headers=any_version).status == 204
    wait_for(lambda: [a[1] for a in account.stack.attempts(hook["id"])] == ["retry", "cancelled"], 10)
    (row,) = account.api.get(path + "/deliveries").json["data"]
    assert (row["outcome"], row["next_attempt_at"]) == ("cancelled", None)
    if how == "deleted":
        problem(account.api.post(f"/deliveries/{row['id']}/resend", {}), 409)
        return
    assert account.api.get(path).json["pending"] == 0
    # Switched on again, nothing comes back by itself; new calls are told.
    assert account.api.call("PATCH", path, {"enabled": True, "path": f"ok/{unique}"}, headers=any_version).status == 200
    account.post()
    wait_for(lambda: account.api.get(path).json["sent_ok"] == 1, 10)
    assert account.api.post(f"/deliveries/{row['id']}/resend", {}).status == 202
    wait_for(lambda: account.api.get(path).json["sent_ok"] == 2, 10)


def test_pauses_that_are_refused(account, stack):
    hook = account.webhook()
    for what in "pause", "resume":
        assert stack.account().api.post(f"/webhooks/{hook['id']}/{what}", None).status == 404
        assert account.api.post(f"/webhooks/{NOBODYS}/{what}", None).status == 404
        assert codes(account.api.post(f"/webhooks/{hook['id']}/{what}", {"a": 1})) == {"/a": "unknown_field"}


# ---- recoveries ----

def fail(account, hook, n):
    for _ in range(n):
        account.post()
    wait_for(lambda: account.counters(hook["id"])[1] == n, 30)


def over(account, recovery, seconds=20):
    wait_for(lambda: account.api.get("/recoveries/" + recovery["id"]).json["state"] != "running", seconds)
    return account.api.get("/recoveries/" + recovery["id"]).json


def mend(account, hook, path):
    assert account.api.put("/webhooks/" + hook["id"], account.settings(path), headers={"If-Match": "*"}).status == 200


SPAN = {"since": "2020-01-01T00:00:00Z"}


def test_what_failed_is_recovered(account, arrived, quiet, unique):
    hook = account.webhook(f"status/404/{unique}")
    mend_to = f"ok/{unique}"
    fail(account, hook, 6)
    failed = {e["id"] for e in account.api.get(f"/webhooks/{hook['id']}/deliveries").json["data"]}
    mend(account, hook, mend_to)
    answer = account.api.post(f"/webhooks/{hook['id']}/recover", SPAN)
    assert answer.status == 202, answer
    assert answer.headers["Location"].endswith("/v1/recoveries/" + answer.json["id"])
    done = over(account, answer.json)
    assert (done["state"], done["found"], done["resent"]) == ("done", 6, 6)
    assert done["finished_at"] >= done["created_at"]
    assert {s.id for s in arrived(6, "/" + mend_to)} == failed
    assert len(quiet("/" + mend_to)) == 6
    # Nothing is left to recover.
    again = over(account, account.api.post(f"/webhooks/{hook['id']}/recover", SPAN).json)
    assert (again["found"], again["resent"]) == (0, 0)
    listed = account.api.get(f"/webhooks/{hook['id']}/recoveries").json["data"]
    assert [r["id"] for r in listed] == [again["id"], done["id"]]


def test_only_the_span_is_recovered(account, arrived, unique):
    hook = account.webhook(f"status/404/{unique}")
    fail(account, hook, 2)
    middle = account.stack.sql("SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')")
    time.sleep(0.01)
    fail_before = account.counters(hook["id"])[1]
    account.post()
    wait_for(lambda: account.counters(hook["id"])[1] == fail_before + 1, 30)
    mend(account, hook, f"ok/{unique}")
    done = over(account, account.api.post(f"/webhooks/{hook['id']}/recover",
                                          {"since": middle[0][0]}).json)
    assert (done["found"], done["resent"]) == (1, 1)
    done = over(account, account.api.post(f"/webhooks/{hook['id']}/recover",
                                          {**SPAN, "until": middle[0][0]}).json)
    assert (done["found"], done["resent"]) == (2, 2)
    arrived(3, f"/ok/{unique}")


def test_a_recovery_waits_while_paused_and_can_be_stopped(account, quiet, unique):
    hook = account.webhook(f"status/404/{unique}")
    fail(account, hook, 3)
    mend(account, hook, f"ok/{unique}")
    account.api.post(PAUSE.format(hook["id"]), None)
    recovery = account.api.post(f"/webhooks/{hook['id']}/recover", SPAN).json
    wait_for(lambda: account.api.get("/recoveries/" + recovery["id"]).json["found"] == 3, 5)
    second = account.api.post(f"/webhooks/{hook['id']}/recover", SPAN)
    assert second.status == 409
    stopped = account.api.delete("/recoveries/" + recovery["id"])
    assert (stopped.status, stopped.json["state"], stopped.json["resent"]) == (200, "cancelled", 0)
    assert account.api.delete("/recoveries/" + recovery["id"]).json["finished_at"] == stopped.json["finished_at"]
    account.api.post(f"/webhooks/{hook['id']}/resume", None)
    assert quiet(f"/ok/{unique}") == []


def test_fresh_calls_pass_a_recovery(account, ledger, unique):
    """A call that comes during a recovery waits for a few of the old ones only."""
    hook = account.webhook(f"status/404/{unique}")
    n = 150
    for _ in range(n):
        account.post()
    wait_for(lambda: account.counters(hook["id"])[1] == n, 60)
    mend(account, hook, f"slow/100/{unique}")
    recovery = account.api.post(f"/webhooks/{hook['id']}/recover", SPAN).json
    wait_for(lambda: account.api.get("/recoveries/" + recovery["id"]).json["resent"] > 0, 10)
    fresh = call_id()
    account.post(call_id=fresh)
    delivery = account.api.get(f"/webhooks/{hook['id']}/deliveries?call_id={fresh}").json["data"][0]["id"]

    def came():
        ledger.read()
        return [s for s in ledger.seen if s.id == delivery]
    wait_for(came, 10)
    before = [s for s in ledger.seen if s.target.startswith(f"/slow/100/{unique}")]
    assert [s.id for s in before].index(delivery) < n - 20
    assert over(account, recovery, 60)["resent"] == n


def test_a_recovery_survives_the_sender(account, stack, arrived, unique):
    hook = account.webhook(f"status/404/{unique}")
    fail(account, hook, 40)
    mend(account, hook, f"ok/{unique}")
    account.api.post(PAUSE.format(hook["id"]), None)
    recovery = account.api.post(f"/webhooks/{hook['id']}/recover", SPAN).json
    stack.part("kill", "sender")
    stack.part("start", "sender")
    account.api.post(f"/webhooks/{hook['id']}/resume", None)
    done = over(account, recovery, 30)
    assert (done["state"], done["found"], done["resent"]) == ("done", 40, 40)
    arrived(40, f"/ok/{unique}")


@pytest.mark.parametrize("order, wrong", [
    ({}, {"/since": "required"}),
    ({"since": 1}, {"/since": "wrong_type"}),
    ({"since": "yesterday"}, {"/since": "bad_time"}),
    ({**SPAN, "until": "x"}, {"/until": "bad_time"}),
    ({"since": "2099-01-01T00:00:00Z"}, {"/since": "not_earlier"}),
    ({**SPAN, "who": 1}, {"/who": "unknown_field"}),
    ([], {"": "wrong_type"}),
])
def test_orders_of_recoveries_that_are_refused(account, order, wrong):
    hook = account.webhook()
    assert codes(account.api.post(f"/webhooks/{hook['id']}/recover", order)) == wrong


def test_recoveries_of_nobody(account, stack):
    hook = account.webhook(enabled=False)
    assert account.api.post(f"/webhooks/{hook['id']}/recover", SPAN).status == 409
    other = stack.account().api
    mine = account.webhook("status/404/x")
    recovery = account.api.post(f"/webhooks/{mine['id']}/recover", SPAN).json
    assert other.post(f"/webhooks/{mine['id']}/recover", SPAN).status == 404
    assert other.get(f"/webhooks/{mine['id']}/recoveries").status == 404
    assert other.get("/recoveries/" + recovery["id"]).status == 404
    assert other.delete("/recoveries/" + recovery["id"]).status == 404
    assert account.api.get("/recoveries/" + NOBODYS).status == 404
    assert account.api.get("/recoveries/x").status == 404


# ---- the log's filters ----

def test_the_log_by_status(account, unique):
    hook = account.webhook(f"status/404/{unique}")
    call = call_id()
    account.post(call_id=call)
    wait_for(lambda: account.counters(hook["id"])[1] == 1, 20)
    mend(account, hook, f"ok/{unique}")
    account.post()
    wait_for(lambda: account.counters(hook["id"])[0] == 1, 20)
    mend(account, hook, f"close/{unique}")
    account.post()
    wait_for(lambda: account.counters(hook["id"])[1] == 2, 20)
    account.api.post(PAUSE.format(hook["id"]), None)
    account.post()

    def statuses(args):
        answer = account.api.get(f"/webhooks/{hook['id']}/deliveries?{args}")
        assert answer.status == 200, answer
        return [e["status"] for e in answer.json["data"]]
    assert statuses("") == [0, 0, 200, 404]
    assert statuses("status=4xx") == statuses("status=404") == [404]
    assert statuses("status=2xx") == [200] and statuses("status=none") == [0]
    assert statuses("status=5xx") == statuses("status=403") == []
    assert statuses("status=4xx&call_id=" + call) == [404] and statuses("status=2xx&call_id=" + call) == []
    assert statuses("from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z") == []
    assert statuses("status=2xx&outcome=delivered&event=call_end&from=2020-01-01T00:00:00Z") == [200]
    for bad in "6xx", "x", "99", "2x", "":
        assert codes(account.api.get(f"/webhooks/{hook['id']}/deliveries?status={bad}")) == {"?status": "not_in_list"}
    twice = "since=2020-01-01T00:00:00Z&from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z&until=2020-01-02T00:00:00Z"
    assert codes(account.api.get(f"/webhooks/{hook['id']}/deliveries?{twice}")) == {"?from": "duplicate", "?until": "duplicate"}


def test_what_is_old_is_swept(account, stack):
    hook = account.webhook()
    shard = stack.sql("SELECT shard FROM callhook.webhook WHERE id = %s", hook["id"])[0][0]
    for days in 402, 399:
        stack.sql("INSERT INTO callhook.webhook_hour SELECT %s, 0, extract(epoch FROM now())::bigint / 3600 - 24 * %s,"
                  " %s, %s, 1, 0, 1, 0, 0, array_fill(0, ARRAY[20])", shard, days, account.number, hook["id"])
    stack.sql("INSERT INTO callhook.trial (shard, service, kind, account_id, id, webhook_id, expires_at, call_id,"
              " settings, data) VALUES (%s, 0, 2, %s, %s, %s, now() - interval '2 h', 'c', '{}', '{}')",
              shard, account.number, hook["id"], hook["id"])
    for state, days in ("done", 31), ("done", 29), ("running", 31):
        stack.sql("INSERT INTO callhook.recovery SELECT %s, %s, gen_random_uuid(), %s, %s, %s, 0, 0, now(), now(), now(),"
                  " CASE WHEN %s = 'done' THEN now() - %s * interval '1 d' END, %s, 'test'",
                  shard, account.number, hook["id"], hook["id"], hook["id"], state, days, state)
    r = stack.ctl("maintain")
    assert r.returncode == 0 and "figures of" in r.stdout, r
    for table, n in ("webhook_hour", 1), ("trial", 0), ("recovery", 2):
        assert stack.sql(f"SELECT count(*) FROM callhook.{table} WHERE account_id = %s", account.number) == [(n,)], table
