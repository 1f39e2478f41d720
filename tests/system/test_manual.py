"""The customer's manual, sentence by sentence, as far as it is about behaviour."""
import json
import os
import urllib.request
from urllib.parse import parse_qs, urlsplit

import pytest

from client import Api, call_id, fixture, wait_for
from openapi import TOP

FORM = "application/x-www-form-urlencoded"


def test_two_webhooks_two_requests(account, arrived, quiet, unique):
    account.webhook(f"ok/{unique}/a")
    account.webhook(f"ok/{unique}/b")
    assert account.post()["deliveries"] == 2
    arrived(2, f"/ok/{unique}")
    assert sorted(s.target for s in quiet(f"/ok/{unique}")) == [f"/ok/{unique}/a", f"/ok/{unique}/b"]


def test_another_accounts_call_triggers_nothing(stack, account, quiet, unique):
    account.webhook(f"ok/{unique}")
    assert stack.account().post()["deliveries"] == 0
    assert quiet(f"/ok/{unique}") == []


def test_services_are_apart(account, arrived, quiet, unique):
    account.webhook(f"ok/{unique}/ct")
    account.webhook(f"ok/{unique}/ck", service="callkeeper", params=[])
    account.post()
    arrived(1, f"/ok/{unique}")
    account.post(fixture("ck_end.json"), service="callkeeper")
    arrived(2, f"/ok/{unique}")
    assert [s.target for s in quiet(f"/ok/{unique}")] == [f"/ok/{unique}/ct", f"/ok/{unique}/ck"]


def test_list_shows_what_was_made(account):
    made = account.webhook("ok/list")
    listed = account.api.get("/webhooks?service=calltracking").json
    assert [h["id"] for h in listed["data"]] == [made["id"]]
    assert account.api.get("/webhooks?service=callkeeper").json["data"] == []


@pytest.mark.parametrize("origin", [
    "http://93.184.216.34:8080", "https://mysite.ru", "http://mysite.ru", "https://пример.рф:8443",
    "https://[2606:2800:220:1::1]:8443", "https://MySite.ru",
])
def test_host_port_protocol_accepted(account, origin):
    made = account.webhook("x", origin=origin)
    assert made["origin"] == origin
    assert made["url"].isascii()


@pytest.mark.parametrize("origin", ["ftp://x.ru", "https://", "https://a b", "https://x.ru:99999", ""])
def test_host_port_protocol_refused(account, origin):
    answer = account.api.post("/webhooks", account.settings(origin=origin))
    assert answer.status == 422
    assert [e["pointer"] for e in answer.json["errors"]] == ["/origin"]


@pytest.mark.parametrize("path, target", [
    ("", "/"), ("path/to/file.php", "/path/to/file.php"), ("/a", "/a"), ("A//b/", "/A//b/"),
    ("x?k=1", "/x?k=1"), ("with%20escape", "/with%20escape"), ("путь", "/%D0%BF%D1%83%D1%82%D1%8C"),
])
def test_path_is_sent_as_typed(account, arrived, unique, path, target):
    prefix = f"/ok/{unique}"
    account.webhook(f"ok/{unique}/" + path if not path.startswith("/") else prefix + path)
    account.post()
    seen = arrived(1, prefix)
    assert [s.target for s in seen] == [prefix + target]


def test_fragment_is_refused(account):
    answer = account.api.post("/webhooks", account.settings("a#b"))
    assert answer.status == 422
    assert answer.json["errors"][0]["pointer"] == "/path"
    assert answer.json["errors"][0]["code"] == "url_fragment"


def test_parameters_keep_their_order_and_own_names(account, arrived, unique):
    params = [{"name": n, "value": v} for n, v in [
        ("z", "client_number"), ("a.b-c", "duration"), ("имя", "city"), ("fields[PHONE][0][VALUE]", "client_number")]]
    account.webhook(f"ok/{unique}", method="GET", params=params)
    account.post()
    query = urlsplit(arrived(1, f"/ok/{unique}")[0].target).query
    assert list(parse_qs(query)) == [p["name"] for p in params]


def test_duplicate_name_is_refused(account):
    params = [{"name": "a", "value": "client_number"}, {"name": "a", "value": "duration"}]
    answer = account.api.post("/webhooks", account.settings(params=params))
    assert answer.status == 422
    assert answer.json["errors"][0]["code"] == "duplicate_name"
    assert answer.json["errors"][0]["pointer"] == "/params/1/name"


@pytest.mark.parametrize("service, count", [("calltracking", 25), ("callkeeper", 40)])
def test_every_preset_parameter_can_be_chosen(account, service, count):
    listed = account.api.get("/parameters?service=" + service)
    assert listed.status == 200
    ids = [p["id"] for p in listed.json["data"] if not p["extension"]]
    assert len(ids) == len(set(ids)) == count
    account.webhook("x", service=service, params=[{"name": "n_" + i, "value": i} for i in ids])


def test_get_has_no_body(account, arrived, unique):
    account.webhook(f"ok/{unique}", method="GET")
    account.post()
    s = arrived(1, f"/ok/{unique}")[0]
    assert s.method == "GET" and s.body == b""
    assert s.header("Content-Type") is None and s.header("Content-Length") is None


@pytest.mark.parametrize("kind", ["application/json", FORM])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_others_have_the_body_of_the_chosen_type(account, arrived, unique, method, kind):
    account.webhook(f"ok/{unique}?c=1", method=method, content_type=kind)
    account.post()
    s = arrived(1, f"/ok/{unique}")[0]
    assert s.method == method and s.target == f"/ok/{unique}?c=1"
    assert s.header("Content-Type") == kind
    assert s.body == (b"phone=79995550188" if kind == FORM else b'{"phone":"79995550188"}')


def test_event_start_end_or_both(account, arrived, quiet, unique):
    for name, events in [("s", ["call_start"]), ("e", ["call_end"]), ("b", ["call_start", "call_end"])]:
        account.webhook(f"ok/{unique}/{name}", events=events)
    call = call_id()
    account.post(fixture("ct_start.json"), event="call_start", call_id=call)
    arrived(2, f"/ok/{unique}")
    account.post(fixture("ct_end.json"), event="call_end", call_id=call)
    arrived(4, f"/ok/{unique}")
    seen = [(s.target[-1], s.header("X-CKCT-Event")) for s in quiet(f"/ok/{unique}")]
    assert sorted(seen) == [("b", "AFTER_CALL_FINISH"), ("b", "BEFORE_CALL_START"),
                            ("e", "AFTER_CALL_FINISH"), ("s", "BEFORE_CALL_START")]


def test_unknown_at_start_is_sent_empty(account, arrived, unique):
    params = [{"name": "sec", "value": "duration"}, {"name": "phone", "value": "client_number"}]
    for i, fields in enumerate([{"method": "GET"}, {"content_type": FORM}, {}]):
        account.webhook(f"ok/{unique}/{i}", events=["call_start"], params=params, **fields)
    account.post(fixture("ct_start.json"), event="call_start")
    seen = {s.target.split("?")[0][-1]: s for s in arrived(3, f"/ok/{unique}")}
    assert urlsplit(seen["0"].target).query == "sec=&phone=79995550188"
    assert seen["1"].body == b"sec=&phone=79995550188"
    assert seen["2"].body == b'{"sec":null,"phone":"79995550188"}'


def test_callkeeper_default_is_everything_twice(account, arrived, unique):
    made = account.api.post("/webhooks", {"service": "callkeeper", "origin": account.stack.receiver,
                                          "path": f"ok/{unique}"}).json
    assert (made["method"], made["events"], made["content_type"]) == \
        ("POST", ["call_start", "call_end"], "application/json")
    call = call_id()
    account.post(fixture("ck_start.json"), service="callkeeper", event="call_start", call_id=call)
    account.post(fixture("ck_end.json"), service="callkeeper", event="call_end", call_id=call)
    seen = arrived(2, f"/ok/{unique}")
    assert [json.loads(s.body) for s in seen] == [fixture("ck_start.json"), fixture("ck_end.json")]


def test_editing_keeps_id_and_counters(account, arrived, unique):
    made = account.webhook(f"ok/{unique}/old")
    account.post()
    assert wait_for(lambda: account.counters(made["id"]) == (1, 0))
    changed = account.api.put("/webhooks/" + made["id"], account.settings(f"ok/{unique}/new"),
                              headers={"If-Match": f'"v{made["version"]}"'})
    assert changed.status == 200
    assert changed.json["id"] == made["id"] and changed.json["version"] == made["version"] + 1
    assert account.counters(made["id"]) == (1, 0)
    account.post()
    assert [s.target for s in arrived(2, f"/ok/{unique}")] == [f"/ok/{unique}/old", f"/ok/{unique}/new"]


def replace(account, hook, **fields):
    answer = account.api.put("/webhooks/" + hook["id"], account.settings(**fields),
                             headers={"If-Match": f'"v{hook["version"]}"'})
    assert answer.status == 200, answer
    return answer.json


def test_corrected_address_receives_what_was_waiting(account, arrived, unique):
    made = account.webhook(f"status/500/{unique}")
    account.post()
    first = arrived(1, f"/status/500/{unique}")[0]
    replace(account, made, path=f"ok/{unique}", params=[{"name": "tel", "value": "client_number"}])
    second = arrived(1, f"/ok/{unique}")[0]
    assert second.body == b'{"tel":"79995550188"}'
    assert second.id == first.id and second.attempt > first.attempt
    assert wait_for(lambda: account.counters(made["id"]) == (1, 0))


def test_deleting_stops_what_is_pending(account, arrived, quiet, unique):
    made = account.webhook(f"status/500/{unique}")
    account.post()
    arrived(1, f"/status/500/{unique}")
    assert account.api.delete("/webhooks/" + made["id"],
                              headers={"If-Match": f'"v{made["version"]}"'}).status == 204
    assert account.api.get("/webhooks/" + made["id"]).status == 404
    before = len(quiet(f"/status/500/{unique}", 0.3))
    assert before <= 2
    assert len(quiet(f"/status/500/{unique}", 1.2)) == before
    assert wait_for(lambda: account.stack.sql(
        "SELECT count(*) FROM callhook.outbox WHERE webhook_id = %s", made["id"]) == [(0,)])


def test_switching_off_stops_what_is_pending(account, arrived, quiet, unique):
    made = account.webhook(f"status/500/{unique}")
    account.post()
    arrived(1, f"/status/500/{unique}")
    replace(account, made, path=f"status/500/{unique}", enabled=False)
    before = len(quiet(f"/status/500/{unique}", 0.3))
    assert account.post()["deliveries"] == 0
    assert len(quiet(f"/status/500/{unique}", 1.2)) == before


def test_counters_count_messages_not_attempts(account, arrived, unique):
    flaky = account.webhook(f"flaky/2/{unique}")
    dead = account.webhook(f"status/404/{unique}")
    account.post()
    assert wait_for(lambda: account.counters(flaky["id"]) == (1, 0))
    assert wait_for(lambda: account.counters(dead["id"]) == (0, 1))
    assert len(arrived(3, f"/flaky/2/{unique}")) == 3
    assert len(arrived(4, f"/status/404/{unique}")) == 4


def test_counter_follows_within_seconds(account, unique):
    made = account.webhook(f"ok/{unique}")
    assert made["last_delivery"] is None
    account.post(fixture("ct_end.json"))
    assert wait_for(lambda: account.counters(made["id"]) == (1, 0), seconds=2)
    last = account.read(made["id"])["last_delivery"]
    assert (last["outcome"], last["status"]) == ("delivered", 200)


@pytest.mark.slow
def test_webhooks_survive_a_restart(stack, account, arrived, unique):
    made = account.webhook(f"ok/{unique}")
    for name in ("api", "sender"):
        stack.part("stop", name)
        stack.part("start", name)
    assert wait_for(stack.ready)
    assert account.read(made["id"])["url"] == made["url"]
    account.post()
    assert len(arrived(1, f"/ok/{unique}")) == 1


def test_page_session_sees_the_demo_account_only(stack, account):
    page = Api(stack.env["CALLHOOK_CABINET_URL"]).get("")
    assert page.status == 200
    cookie = page.headers["Set-Cookie"].split(";")[0]
    inside = Api(stack.url, headers={"Cookie": cookie})
    made = account.webhook("ok/private")
    assert inside.get("/webhooks?service=calltracking").status == 200
    assert inside.get("/webhooks/" + made["id"]).status == 404
    wrong = Api(stack.url, headers={"Cookie": cookie[:-1] + "x"})
    assert wrong.get("/webhooks?service=calltracking").status == 401


def test_the_api_is_described_beside_the_page(stack):
    with urllib.request.urlopen(stack.env["CALLHOOK_CABINET_URL"] + "openapi.yaml", timeout=10) as answer:
        text = answer.read()
    with open(os.path.join(TOP, "doc", "openapi.yaml"), "rb") as f:
        assert text == f.read()
