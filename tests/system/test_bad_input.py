"""Whatever is posted is answered with a 4xx that names what is wrong; no worker dies
of it and none grows."""
import http.client
import json
import re
import socket

import pytest

from client import call_id, fixture
from test_api import problem


@pytest.fixture(autouse=True)
def workers_live(stack):
    before = stack.workers()
    yield
    assert stack.workers() == before


def refused(answer, pointer=None, code=None, status=422):
    assert answer.status == status, answer
    if pointer is not None:
        errors = answer.json["errors"]
        assert (pointer, code) in [(e["pointer"], e["code"]) for e in errors], errors
        assert all(e["detail"] for e in errors)


LONG = "x" * 5000
SETTINGS_FAULTS = [
    ({"service": None}, "/service", "wrong_type"),
    ({"service": "other"}, "/service", "not_in_list"),
    ({"origin": 7}, "/origin", "wrong_type"),
    ({"origin": ""}, "/origin", "url_required"),
    ({"origin": "http://10.0.0.1"}, "/origin", "url_private"),
    ({"origin": "http://169.254.169.254"}, "/origin", "url_private"),
    ({"origin": "http://[fd00::5]"}, "/origin", "url_private"),
    ({"origin": "http://0x7f000001"}, "/origin", "url_host_numeric"),
    ({"origin": "http://2130706433"}, "/origin", "url_host_numeric"),
    ({"origin": "http://localhost"}, "/origin", "url_reserved_name"),
    ({"origin": "http://user:pw@x.ru"}, "/origin", "url_userinfo"),
    ({"origin": "ftp://x.ru"}, "/origin", "url_scheme"),
    ({"origin": "gopher://x.ru"}, "/origin", "url_scheme"),
    ({"origin": "http://x.ru:22"}, "/origin", "url_port"),
    ({"path": "a#b"}, "/path", "url_fragment"),
    ({"path": LONG}, "/path", "url_too_long"),
    ({"params": {}}, "/params", "wrong_type"),
    ({"params": ["x"]}, "/params/0", "wrong_type"),
    ({"params": [{"name": "a", "value": "nonsense"}]}, "/params/0/value", "unknown_parameter"),
    ({"params": [{"name": "a", "value": "widget_hash"}]}, "/params/0/value", "unknown_parameter"),
    ({"params": [{"name": "", "value": "ip"}]}, "/params/0/name", "required"),
    ({"params": [{"name": LONG, "value": "ip"}]}, "/params/0/name", "too_long"),
    ({"params": [{"name": "a", "text": LONG}]}, "/params/0/text", "too_long"),
    ({"params": [{"name": "a", "value": "ip"}, {"name": "a", "text": "x"}]}, "/params/1/name", "duplicate_name"),
    ({"params": [{"name": "a"}]}, "/params/0/value", "value_or_text"),
    ({"params": [{"name": "a", "value": "ip", "text": "x"}]}, "/params/0/value", "value_or_text"),
    ({"params": [{"name": "a", "value": "ip", "more": 1}]}, "/params/0/more", "unknown_field"),
    ({"params": [{"name": f"n{i}", "value": "ip"} for i in range(201)]}, "/params", "too_many"),
    ({"params": [{"name": f"n{i}", "text": "x" * 4096} for i in range(16)]}, "", "too_long"),
    ({"method": "PATCH"}, "/method", "not_in_list"),
    ({"method": "get"}, "/method", "not_in_list"),
    ({"events": []}, "/events", "empty"),
    ({"events": ["call_end", "call_end"]}, "/events/1", "duplicate"),
    ({"events": ["other"]}, "/events/0", "not_in_list"),
    ({"events": "call_end"}, "/events", "wrong_type"),
    ({"content_type": "text/plain"}, "/content_type", "not_in_list"),
    ({"enabled": 1}, "/enabled", "wrong_type"),
    ({"nonsense": True}, "/nonsense", "unknown_field"),
    ({"sent_ok": 5}, "/sent_ok", "unknown_field"),
]


@pytest.mark.parametrize("fields, pointer, code", SETTINGS_FAULTS,
                         ids=[f"{p}-{c}-{i}" for i, (_, p, c) in enumerate(SETTINGS_FAULTS)])
def test_settings(account, fields, pointer, code):
    refused(account.api.post("/webhooks", account.settings(**fields)), pointer, code)


def test_a_page_of_the_longest_settings_fits_into_an_answer(account):
    longest = account.settings(params=[{"name": f"n{i}", "text": "x" * 4096} for i in range(15)])
    hook = account.webhook(**longest)
    assert len(account.api.get("/webhooks/" + hook["id"]).body) > 62000
    copies = [longest] * 14
    for _ in range(7):
        answer = account.api.post("/import", {"format": "callhook/1", "mode": "add", "webhooks": copies})
        assert answer.status == 200, answer
    assert len(account.api.get("/webhooks?limit=100").json["data"]) == 99
    assert len(account.api.get("/export").json["webhooks"]) == 99


def test_all_faults_at_once(account):
    answer = account.api.post("/webhooks", {"origin": "ftp://x", "method": "X", "events": []})
    assert answer.status == 422
    assert {"/service", "/origin", "/method", "/events"} <= {e["pointer"] for e in answer.json["errors"]}


@pytest.mark.parametrize("origin", ["http://x.ru\r\nX-Evil: 1", "http://x.ru\n", "http://x.ru/\r\n", "http://x\u0000.ru"])
def test_line_breaks_in_the_origin(account, origin):
    answer = account.api.post("/webhooks", account.settings(origin=origin))
    assert answer.status in (400, 422), answer


def test_line_breaks_cannot_leave_their_value(account, arrived, unique):
    path = f"ok/{unique}/a\r\nX-Evil: 1"
    answer = account.api.post("/webhooks", account.settings(path))
    if answer.status == 201:
        account.post()
        seen = arrived(1, f"/ok/{unique}")[0]
        assert seen.target == f"/ok/{unique}/a%0D%0AX-Evil:%201"
        assert seen.header("X-Evil") is None
    else:
        refused(answer, "/path", "bad_character")
    answer = account.api.post("/webhooks", account.settings(
        f"ok/{unique}/b", method="GET", params=[{"name": "n\r\nX-Evil: 1", "text": "v\r\nX-Evil: 2"}]))
    if answer.status == 201:
        account.post()
        for s in arrived(1, f"/ok/{unique}/b"):
            assert s.header("X-Evil") is None
    else:
        assert answer.status == 422, answer


# Bodies that are not JSON as RFC 8259 has it, or that PostgreSQL could not keep.
NOT_JSON = {
    "empty": b"", "blank": b"   ", "open": b"{", "word": b"nope", "single quotes": b"{'a':1}",
    "trailing comma": b'{"a":1,}', "trailing": b"{} x", "comment": b"{} // x", "NaN": b'{"a":NaN}',
    "leading zero": b'{"a":01}', "plus": b'{"a":+1}', "raw newline": b'{"a":"\n"}', "BOM": b"\xef\xbb\xbf{}",
    "overlong": b'{"a":"\xc0\xaf"}', "surrogate": b'{"a":"\xed\xa0\x80"}', "beyond": b'{"a":"\xf4\x90\x80\x80"}',
    "latin-1": b'{"a":"\xe9"}', "cut": b'{"a":"\xd0"}', "bad escape": rb'{"a":"\x41"}',
    "short escape": rb'{"a":"\u12"}', "lone high": rb'{"a":"\ud800"}', "lone low": rb'{"a":"\udc00"}',
    "swapped": rb'{"a":"\udc00\ud800"}', "NUL escape": rb'{"a":"\u0000"}', "NUL": b'{"a":"\x00"}',
    "NUL behind": b"{}\x00",
    "deep arrays": b"[" * 100000, "deep objects": b'{"a":' * 100000,
    "65 deep": b"[" * 65 + b"]" * 65,
}


@pytest.mark.parametrize("name", sorted(NOT_JSON))
@pytest.mark.parametrize("path", ["/webhooks", "/events"])
def test_not_json(account, path, name):
    answer = account.api.post(path, NOT_JSON[name])
    assert answer.status in (400, 422), answer
    assert answer.json["detail"]
    if name not in ("65 deep",):
        assert answer.status == 400, answer
    if answer.status == 400:
        # Each says where and what, in the language asked for, and no parser's name.
        assert re.fullmatch(r"Byte \d+: [^А-яё]+\.", answer.json["detail"])
        russian = account.api.post(path, NOT_JSON[name], headers={"Accept-Language": "ru"}).json["detail"]
        assert re.fullmatch(r"Байт \d+: .*[а-яё].*\.", russian)
        assert russian.split()[1] == answer.json["detail"].split()[1]


@pytest.mark.parametrize("body, en, ru", [
    (b'{"a":92233720368547758070}', "A number is too large", "Слишком большое число"),
    (b'{"a":1e999}', "A number is too large", "Слишком большое число"),
    (b'[' + b'1,' * 20001 + b'1]', "Too many values", "Слишком много значений")])
def test_more_json_than_is_taken(account, body, en, ru):
    for language, words in (("en", en), ("ru", ru)):
        answer = account.api.post("/webhooks", body, headers={"Accept-Language": language})
        assert (answer.status, answer.json["type"].rsplit("/", 1)[1]) == (400, "malformed_json")
        assert answer.json["detail"].startswith(words)


@pytest.mark.parametrize("path", ["/webhooks/", "/webhooks//", "//webhooks", "/calls//hooks"])
def test_empty_part_of_a_path(account, path):
    problem(account.api.get(path), 404)


def test_argument_given_twice(account):
    hook = account.webhook("a")
    for path in ("/webhooks?limit=1&limit=2", f"/webhooks/{hook['id']}/deliveries?limit=1&%6Cimit=1",
                 f"/webhooks/{hook['id']}/versions?limit=1&limit=2&x=1", "/parameters?service=callkeeper&service=calltracking",
                 "/stats?step=day&step=day", "/calls/x/hooks?service=callkeeper&service=callkeeper"):
        errors = problem(account.api.get(path), 422)["errors"]
        assert errors[0]["code"] == "duplicate" and errors[0]["pointer"] in ("?limit", "?service", "?step")


def test_bad_bytes_inside_data(account):
    """The same inside of an otherwise good event."""
    whole = json.dumps(account.event({"a": "@@"})).encode()
    for name, text in NOT_JSON.items():
        if not text.startswith(b'{"a":"'):
            continue
        value = text[len(b'{"a":"'):-len(b'"}')]
        answer = account.api.post("/events", whole.replace(b"@@", value))
        assert answer.status == 400, (name, answer)


@pytest.mark.parametrize("path", ["/webhooks", "/events"])
def test_duplicate_keys(account, path):
    body = json.dumps(account.settings() if path == "/webhooks" else account.event())
    for twice in ('"service": "calltracking", ', r'"servic\u0065": "calltracking", '):
        answer = account.api.post(path, "{" + twice + body[1:])
        assert answer.status in (400, 422), answer


@pytest.mark.parametrize("body", ["null", "[]", "7", '"x"', "true", "[[]]"])
def test_settings_of_the_wrong_type(account, body):
    assert account.api.post("/webhooks", body).status == 422


EVENT_FAULTS = [
    ({"account_id": "x"}, "/account_id", "wrong_type"),
    ({"account_id": 0}, "/account_id", "out_of_range"),
    ({"account_id": -1}, "/account_id", "out_of_range"),
    ({"account_id": 2**63}, "/account_id", "out_of_range"),
    ({"account_id": 1.5}, "/account_id", "wrong_type"),
    ({"service": "x"}, "/service", "not_in_list"),
    ({"event": "x"}, "/event", "not_in_list"),
    ({"event": 1}, "/event", "wrong_type"),
    ({"call_id": ""}, "/call_id", "empty"),
    ({"call_id": "x" * 65}, "/call_id", "too_long"),
    ({"call_id": "a b"}, "/call_id", "allowed_characters"),
    ({"call_id": "a\r\nX-Evil: 1"}, "/call_id", "allowed_characters"),
    ({"call_id": "звонок"}, "/call_id", "allowed_characters"),
    ({"call_id": 1337486}, "/call_id", "wrong_type"),
    ({"occurred_at": "yesterday"}, "/occurred_at", "bad_time"),
    ({"occurred_at": "2026-02-30T00:00:00Z"}, "/occurred_at", "bad_time"),
    ({"occurred_at": 7}, "/occurred_at", "wrong_type"),
    ({"data": []}, "/data", "wrong_type"),
    ({"data": "x"}, "/data", "wrong_type"),
    ({"data": {"x": "y" * 262144}}, "/data", "too_long"),
    ({"more": 1}, "/more", "unknown_field"),
]


@pytest.mark.parametrize("fields, pointer, code", EVENT_FAULTS,
                         ids=[f"{p}-{c}-{i}" for i, (_, p, c) in enumerate(EVENT_FAULTS)])
def test_event(account, fields, pointer, code):
    refused(account.stack.ingest.post("/events", account.event(**fields)), pointer, code)


@pytest.mark.parametrize("name", ["account_id", "service", "event", "call_id", "data"])
def test_event_with_something_missing(account, name):
    event = account.event()
    del event[name]
    refused(account.stack.ingest.post("/events", event), "/" + name, "required")


def test_strange_data_is_only_data(account, arrived, unique):
    """Deep, wide, empty names, all types: taken and sent as they are."""
    account.webhook(f"ok/{unique}", service="callkeeper", params=[])
    deep = "x"
    for _ in range(40):
        deep = [deep]
    data = {"": 1, "a\tb": "\x7f'\"\\;DROP TABLE", "deep": deep, "t": True, "🦆": "\U0001f986", "o": {}}
    account.post(data, service="callkeeper")
    assert json.loads(arrived(1, f"/ok/{unique}")[0].body) == data


def raw(stack, text, timeout=20):
    """Sends bytes to nginx, returns the status line."""
    host, port = stack.url.split("/")[2].split(":")
    with socket.create_connection((host, int(port)), timeout) as s:
        try:
            s.sendall(text)
        except OSError:
            pass
        got = b""
        while b"\r\n" not in got:
            part = s.recv(65536)
            if not part:
                break
            got += part
    return got.split(b"\r\n")[0].decode()


def test_a_body_of_100_mb(stack, account):
    before = sum(stack.rss_kb(p) for p in stack.workers())
    c = http.client.HTTPConnection(*stack.url.split("/")[2].split(":"), timeout=30)
    c.putrequest("POST", "/callhook/api/v1/events")
    c.putheader("Authorization", "Bearer " + account.key)
    c.putheader("Content-Type", "application/json")
    c.putheader("Content-Length", str(100 * 1024 * 1024))
    c.endheaders()
    assert c.getresponse().status == 413
    c.close()
    answer = account.api.post("/events", b'{"a":"' + b"x" * (1024 * 1024) + b'"}')
    assert answer.status == 413
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert sum(stack.rss_kb(p) for p in stack.workers()) - before < 10 * 1024


def test_requests_that_are_no_http(stack):
    assert " 400 " in raw(stack, b"GET / HTTP/1.1\r\n\r\n")
    assert " 400 " in raw(stack, b"GET /callhook/api/v1/webhooks\0 HTTP/1.1\r\nHost: x\r\n\r\n")
    assert " 400 " in raw(stack, b"POST /callhook/api/v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n")


@pytest.mark.parametrize("path", [
    "/webhooks/%2e%2e/%2e%2e/healthz", "/webhooks/..%2fx", "/webhooks/%00", "/webhooks/%zz",
    "//webhooks", "/webhooks/a%2fb", "/webhooks/'%20OR%201=1--", "/webhooks?service=%27%3B--",
    "/webhooks?" + "a=1&" * 2000, "/" + "a" * 4000])
def test_paths(account, path):
    answer = account.api.get(path)
    assert 400 <= answer.status < 500, answer


def test_memory_stays_flat(stack, account):
    def bad():
        for body in (b"[" * 100000, b'{"a":"' + b"y" * 900000, b'[' + b'{},' * 300000 + b"{}]",
                     b"{" + b",".join(b'"k%d":1' % i for i in range(60000)) + b"}"):
            for path in ("/events", "/webhooks"):
                assert 400 <= account.api.post(path, body).status < 500
    bad()
    bad()
    # Not every worker has had a large body yet: none may outgrow the one that had.
    before = max(stack.rss_kb(p) for p in stack.workers())
    for _ in range(8):
        bad()
    for p in stack.workers():
        assert stack.rss_kb(p) - before < 8 * 1024


def test_a_good_event_still_gets_through(account, arrived, unique):
    account.webhook(f"ok/{unique}")
    account.post(fixture("ct_end.json"), call_id=call_id())
    assert len(arrived(1, f"/ok/{unique}")) == 1
