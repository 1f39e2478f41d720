"""What goes over the wire is what the fixtures say, byte for byte."""
import os
import re

import pytest

from client import FIXTURES, call_id, event_text, fixture, fixture_text, wait_for

FORM = "application/x-www-form-urlencoded"
BITRIX = [
    {"name": "fields[TITLE]", "text": "Звонок с сайта"},
    {"name": "fields[PHONE][0][VALUE]", "value": "client_number"},
    {"name": "fields[PHONE][0][VALUE_TYPE]", "text": "WORK"},
    {"name": "fields[UTM_SOURCE]", "value": "utm_source"},
    {"name": "fields[COMMENTS]", "value": "record_url"},
]
CASES = {
    "ct_get_end.http": ("ct_end.json", {"method": "GET", "params": "mapping_ct_get.json"}),
    "ct_get_start.http": ("ct_start.json", {"method": "GET", "params": "mapping_ct_get.json"}),
    "ct_get_bitrix24.http": ("ct_end.json", {"method": "GET", "params": BITRIX}),
    "ct_post_json_end.http": ("ct_end.json", {"params": "mapping_ct_json.json"}),
    "ct_post_form_end.http": ("ct_end.json", {"params": "mapping_ct_json.json", "content_type": FORM}),
    "ck_post_form_end.http": ("ck_end.json", {"params": "mapping_ck_form.json", "content_type": FORM}),
    "ck_default_json_end.http": ("ck_end.json", {"params": []}),
    "ck_default_json_start.http": ("ck_start.json", {"params": []}),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_fixture_byte_for_byte(account, arrived, unique, name):
    with open(os.path.join(FIXTURES, name), "rb") as f:
        head, _, body = f.read().partition(b"\r\n\r\n")
    line, *headers = head.decode().split("\r\n")
    method, target, _ = line.split(" ")
    data, fields = CASES[name]
    service = "callkeeper" if name.startswith("ck") else "calltracking"
    event = "call_start" if "start" in data else "call_end"
    params = fields["params"]
    account.webhook(f"ok/{unique}" + target.split("?")[0], service=service, events=[event],
                    **{**fields, "params": fixture(params) if isinstance(params, str) else params})
    call = call_id()
    answer = account.stack.ingest.post(
        "/events", event_text(account.number, service, event, call, fixture_text(data)))
    assert answer.status == 202
    seen = arrived(1, f"/ok/{unique}")[0]
    assert seen.method == method
    assert seen.target == f"/ok/{unique}{target}"
    assert seen.body == body
    # Ours are Host, then the fixture's, then the extensions; nothing else.
    wanted = [tuple(h.split(": ", 1)) for h in headers if not h.startswith("Host:")]
    for header in wanted:
        assert header in seen.headers
    known = [n for n, _ in wanted if n != "Content-Length"]
    assert [n for n, _ in seen.headers if n in known] == known
    extensions = {n: v for n, v in seen.headers if n not in known + ["Host", "Content-Length"]}
    assert extensions.pop("webhook-timestamp").isdigit()
    assert re.fullmatch(r"[0-9a-f-]{36}", extensions.pop("webhook-id"))
    assert extensions == {
        "X-CKCT-Event": "AFTER_CALL_FINISH" if event == "call_end" else "BEFORE_CALL_START",
        "X-CKCT-Call-Id": call, "X-CKCT-Attempt": "1"}
    assert seen.header("Host") == account.stack.receiver.split("//")[1]


def test_numbers_escapes_and_order_survive(account, arrived, unique):
    data = r'''{ "z": 1.50, "a" : 12345678901234567890123, "e": "\u0416\/x", "n": -0.0,
        "big":1e400, "list": [1,  2, {"k" :null}], "id": 7 }'''
    account.webhook(f"ok/{unique}", service="callkeeper", params=[])
    assert account.stack.ingest.post("/events", event_text(
        account.number, "callkeeper", "call_end", call_id(), data)).status == 202
    assert arrived(1, f"/ok/{unique}")[0].body.decode() == (
        r'{"z":1.50,"a":12345678901234567890123,"e":"\u0416\/x","n":-0.0,'
        r'"big":1e400,"list":[1,2,{"k":null}],"id":7}')


def test_retries_keep_id_and_body_and_count_up(account, arrived, unique):
    hook = account.webhook(f"flaky/2/{unique}")
    account.post()
    seen = arrived(3, f"/flaky/2/{unique}")
    assert len({s.id for s in seen}) == 1
    assert len({s.body for s in seen}) == 1
    assert [s.attempt for s in seen] == [1, 2, 3]
    assert wait_for(lambda: [(n, o, s) for n, o, s, _, _ in account.stack.attempts(hook["id"])] ==
                    [(1, "retry", 503), (2, "retry", 503), (3, "delivered", 200)])


def test_ids_differ_between_webhooks_and_events(account, arrived, unique):
    for x in "ab":
        account.webhook(f"ok/{unique}/{x}")
    for _ in range(3):
        account.post()
    assert len({s.id for s in arrived(6, f"/ok/{unique}")}) == 6


def test_end_waits_for_its_start(account, arrived, unique):
    account.webhook(f"slow/400/{unique}", events=["call_start", "call_end"])
    call = call_id()
    account.post(fixture("ct_start.json"), event="call_start", call_id=call)
    account.post(fixture("ct_end.json"), event="call_end", call_id=call)
    start, end = arrived(2, f"/slow/400/{unique}")
    assert (start.header("X-CKCT-Event"), end.header("X-CKCT-Event")) == \
        ("BEFORE_CALL_START", "AFTER_CALL_FINISH")
    assert end.time - start.time >= 0.35


def test_start_that_is_posted_after_its_end_does_not_follow_it(account, arrived, quiet, unique):
    call = call_id()
    account.webhook(f"ok/{unique}", events=["call_start", "call_end"])
    account.webhook(f"ok/{call}", events=["call_start"])
    assert account.post(fixture("ct_end.json"), call_id=call)["deliveries"] == 1
    arrived(1, f"/ok/{unique}")
    late = account.post(fixture("ct_start.json"), event="call_start", call_id=call)
    assert (late["deliveries"], late["duplicate"]) == (1, False)
    assert account.post(fixture("ct_start.json"), event="call_start", call_id=call)["duplicate"]
    # Who hears starts only has heard of no end.
    assert [s.header("X-CKCT-Event") for s in arrived(1, f"/ok/{call}")] == ["BEFORE_CALL_START"]
    assert [s.header("X-CKCT-Event") for s in quiet(f"/ok/{unique}")] == ["AFTER_CALL_FINISH"]
    # Another call is another story.
    assert account.post(fixture("ct_start.json"), event="call_start", call_id=call_id())["deliveries"] == 2


def test_start_and_end_that_are_posted_together_are_sent_in_order(account, arrived, unique):
    account.webhook(f"ok/{unique}", events=["call_start", "call_end"])
    call = call_id()
    answer = account.stack.ingest.post("/events", [
        account.event(fixture("ct_end.json"), call_id=call),
        account.event(fixture("ct_start.json"), event="call_start", call_id=call)])
    assert [e["deliveries"] for e in answer.json["data"]] == [1, 1]
    assert [s.header("X-CKCT-Event") for s in arrived(2, f"/ok/{unique}")] == \
        ["BEFORE_CALL_START", "AFTER_CALL_FINISH"]


@pytest.mark.parametrize("name, body, pairs, php", [
    ("tags", '{"tags":["A","Б в"]}', "tags%5B0%5D=A&tags%5B1%5D=", "$data['tags'] ??"),
    ("tags[]", '{"tags":["A","Б в"]}', "tags%5B0%5D=A&tags%5B1%5D=", "$data['tags'] ??"),
    ("f[U][]", '{"f":{"U":["A","Б в"]}}', "f%5BU%5D%5B0%5D=A&f%5BU%5D%5B1%5D=", "$data['f']['U'] ??"),
])
def test_a_list_under_a_name_with_brackets_is_that_list(account, name, body, pairs, php):
    call = call_id()
    account.post({"tags": "A, Б в"}, call_id=call)

    def preview(**fields):
        params = [{"name": name, "value": "tags_list"}]
        settings = account.settings(params=params, **fields)
        answer = account.api.post("/webhooks/preview", {"webhook": settings, "event": "call_end", "call_id": call})
        assert answer.status == 200 and php in answer.json["php"], answer
        return answer.json
    assert preview()["body"] == body
    assert preview(content_type="application/x-www-form-urlencoded")["body"] == pairs + "%D0%91+%D0%B2"
    assert f"?{pairs}%D0%91%20%D0%B2 " in preview(method="GET")["line"]


def test_a_list_has_its_name_for_itself(account):
    for other in ("t", "t[0]", "t[a]"):
        for params in ([{"name": "t[]", "value": "tags_list"}, {"name": other, "text": "x"}],
                       [{"name": other, "text": "x"}, {"name": "t[]", "value": "tags_list"}]):
            answer = account.api.post("/webhooks", account.settings(params=params))
            assert (answer.status, answer.json["errors"][0]["pointer"], answer.json["errors"][0]["code"]) == \
                (422, "/params/1/name", "conflict")


def test_what_is_too_long_for_a_request_is_said(account, stack, quiet, unique):
    call = call_id()
    settings = account.settings(f"ok/{unique}", method="GET", params=[{"name": "n", "value": "client_number"}])
    hook = account.webhook(**settings)
    account.post({"client_number": "7" * 70000}, call_id=call)
    assert wait_for(lambda: stack.attempts(hook["id"]))
    entry, = account.api.get(f"/webhooks/{hook['id']}/deliveries").json["data"]
    assert (entry["outcome"], entry["error"]) == ("failed", "render")
    attempt, = account.api.get(f"/deliveries/{entry['id']}").json["attempts"]
    assert "64 KiB" in attempt["error_text"] and attempt["request"] is None
    assert quiet(f"/ok/{unique}") == []
    preview = {"webhook": settings, "event": "call_end", "call_id": call}
    errors = account.api.post("/webhooks/preview", preview)
    assert (errors.status, errors.json["errors"][0]["pointer"], errors.json["errors"][0]["code"]) == \
        (422, "/webhook/params", "too_long")
    assert "65536" in errors.json["errors"][0]["detail"]
    preview["webhook"]["method"] = "POST"
    assert account.api.post("/webhooks/preview", preview).status == 200


def test_late_start_is_superseded_by_its_end(account, arrived, unique, stack):
    hook = account.webhook(f"switch/{unique}", events=["call_start", "call_end"])
    call = call_id()
    account.post(fixture("ct_start.json"), event="call_start", call_id=call)
    arrived(1, f"/switch/{unique}")
    from client import Api
    Api(stack.receiver).post(f"/_set?name={unique}&status=200", "")
    account.post(fixture("ct_end.json"), event="call_end", call_id=call)
    assert wait_for(lambda: sum(account.counters(hook["id"])) == 2)
    outcomes = [o for _, o, _, _, _ in stack.attempts(hook["id"])]
    # Either the start's retry came before the end, or it was dropped.
    words = [s.header("X-CKCT-Event") for s in arrived(2, f"/switch/{unique}")]
    if "superseded" in outcomes:
        assert words.count("BEFORE_CALL_START") >= 1 and words[-1] == "AFTER_CALL_FINISH"
    else:
        assert words[-2:] == ["BEFORE_CALL_START", "AFTER_CALL_FINISH"]
