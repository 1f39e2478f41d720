"""Which calls a webhook hears of, and what it says: conditions, changes of calls, values by
path and template, nested names, headers, login, time limit and retries of its own."""
import base64
import json
import os
import time
from urllib.parse import parse_qsl, urlsplit

import pytest

from client import call_id, fixture, wait_for
from test_api import problem

FORM = "application/x-www-form-urlencoded"
SECRET = "s3cr3t-пароль"
TOKEN = "tok.s3cr3t-" + "x" * 40
ALL = {"status": "all", "min_duration": 0, "campaigns": [], "widgets": [], "offices": [],
       "tags": [], "kind": "all", "last_attempt_only": False}


def codes(answer):
    assert answer.status == 422, answer
    return [(e["pointer"], e["code"]) for e in answer.json["errors"]]


def change(api, hook, **fields):
    """PUT of a webhook as it was answered, with other fields."""
    names = ("service", "origin", "path", "params", "method", "events", "content_type", "enabled",
             "filters", "headers", "auth", "timeout", "retry_schedule")
    settings = {n: hook[n] for n in names}
    settings.update(fields)
    return api.put("/webhooks/" + hook["id"], settings, headers={"If-Match": "*"})


# ---- conditions ----

def test_conditions_are_asked_when_a_call_comes_in(account, arrived, unique):
    hook = account.webhook(f"ok/{unique}/failed", filters={"status": "failed", "campaigns": ["Лето"]})
    assert hook["filters"] == {**ALL, "status": "failed", "campaigns": ["Лето"]}
    account.webhook(f"ok/{unique}/long", filters={"min_duration": 30})
    end = fixture("ct_end.json")
    assert account.post({**end, "company_name": "Лето"})["deliveries"] == 1
    assert account.post({**end, "company_name": "Лето", "call_status": "200/487", "duration": None})["deliveries"] == 1
    assert account.post({**end, "company_name": "Зима", "call_status": "200/487",
                         "duration": 29})["deliveries"] == 0
    assert account.post({**end, "company_name": "Лето", "call_status": "200/487"})["deliveries"] == 2
    seen = arrived(4, f"/ok/{unique}")
    assert sorted(s.target.rpartition("/")[2] for s in seen) == ["failed", "failed", "long", "long"]


def test_a_start_is_asked_only_where_it_belongs(account):
    account.webhook(events=["call_start", "call_end"],
                    filters={"status": "successful", "min_duration": 10, "offices": ["О1"], "kind": "target",
                             "tags": ["а"], "last_attempt_only": True})
    start = fixture("ct_start.json")
    assert account.post({**start, "office_name": "О1"}, event="call_start")["deliveries"] == 1
    assert account.post({**start, "office_name": "О2"}, event="call_start")["deliveries"] == 0
    end = {**fixture("ct_end.json"), "office_name": "О1"}
    assert account.post(end)["deliveries"] == 0
    assert account.post({**end, "target": True, "tags_list": ["б", "а"]})["deliveries"] == 1


def test_callkeeper_asks_its_own_words(account):
    account.webhook(service="callkeeper", params=[], filters={
        "widgets": ["Автосалон на Тверской"], "tags": ["Тест-драйв"], "last_attempt_only": True})
    end = fixture("ck_end.json")

    def deliveries(**fields):
        return account.post({**end, **fields}, service="callkeeper")["deliveries"]
    assert deliveries() == 1
    assert deliveries(tags="Целевой") == 0
    assert deliveries(widget_name="Другой") == 0
    assert deliveries(last_attempt=False) == 1  # it was successful
    assert deliveries(last_attempt=False, status_code=486, status2_code=0) == 0
    # A test call is there to test the address.
    assert deliveries(status_code=790, status2_code=0, tags=" ") == 1


def test_events_in_one_request_are_asked_one_by_one(account):
    account.webhook(filters={"min_duration": 100})
    account.webhook()
    end = fixture("ct_end.json")
    batch = [account.event({**end, "duration": d}) for d in (99, 100, None, 101)]
    answer = account.stack.ingest.post("/events", batch)
    assert [x["deliveries"] for x in answer.json["data"]] == [1, 2, 1, 2]


def test_what_is_no_condition_is_refused(account):
    def post(**filters):
        return codes(account.api.post("/webhooks", account.settings(filters=filters)))
    assert post(status="ok", min_duration=-1, kind=1, tags=["a", "a"], x=1) == [
        ("/filters/x", "unknown_field"), ("/filters/status", "not_in_list"),
        ("/filters/min_duration", "out_of_range"), ("/filters/tags/1", "duplicate"),
        ("/filters/kind", "wrong_type")]
    assert post(widgets=["a"]) == [("/filters/widgets", "not_of_service")]


# ---- changes of calls ----

def test_a_call_changes_as_often_as_it_does(account, arrived, unique):
    hook = account.webhook(f"ok/{unique}", events=["call_end", "call_change"], params=[
        {"name": "event", "value": "event"}, {"name": "call", "value": "call_id"},
        {"name": "tags", "value": "tags_list"}])
    call = call_id()
    end = fixture("ct_end.json")
    assert account.post(end, call_id=call)["deliveries"] == 1
    first = account.post({**end, "tags_list": ["a"]}, event="call_change", call_id=call)
    assert first["deliveries"] == 1 and not first["duplicate"]
    again = account.post({**end, "tags_list": ["a"]}, event="call_change", call_id=call)
    assert again["duplicate"] and again["id"] == first["id"]
    second = account.post({**end, "tags_list": ["a", "b"]}, event="call_change", call_id=call)
    assert not second["duplicate"] and second["id"] != first["id"]
    seen = arrived(3, f"/ok/{unique}")
    assert [s.header("X-CKCT-Event") for s in seen] == ["AFTER_CALL_FINISH", "CALL_CHANGED", "CALL_CHANGED"]
    assert [json.loads(s.body) for s in seen] == [
        {"event": "AFTER_CALL_FINISH", "call": call, "tags": []},
        {"event": "CALL_CHANGED", "call": call, "tags": ["a"]},
        {"event": "CALL_CHANGED", "call": call, "tags": ["a", "b"]}]

    def log(query):
        answer = account.api.get(f"/webhooks/{hook['id']}/deliveries?{query}")
        assert answer.status == 200, answer
        return answer.json["data"]
    assert wait_for(lambda: [d["outcome"] for d in log("event=call_change")] == ["delivered"] * 2)
    assert len(log(f"call_id={call}")) == 3
    assert len(log(f"call_id={call}&event=call_change")) == 2
    hooks = account.api.get(f"/calls/{call}/hooks").json["hooks"]
    assert [h["hookEventName"] for h in hooks] == ["AFTER_CALL_FINISH", "CALL_CHANGED", "CALL_CHANGED"]
    # What a preview shows of it is the newest.
    shown = account.api.post("/webhooks/preview", {
        "webhook": account.settings(params=[{"name": "t", "value": "tags_list"}]),
        "event": "call_change", "call_id": call})
    assert shown.json["body"] == '{"t":["a","b"]}'


def test_a_change_waits_for_the_end_of_its_call(account, arrived, unique):
    account.webhook(f"slow/400/{unique}", events=["call_end", "call_change"])
    call = call_id()
    account.post(call_id=call)
    account.post({"tags": "a"}, event="call_change", call_id=call)
    account.post({"tags": "b"}, event="call_change", call_id=call)
    seen = arrived(3, f"/slow/400/{unique}")
    assert [s.header("X-CKCT-Event") for s in seen] == ["AFTER_CALL_FINISH", "CALL_CHANGED", "CALL_CHANGED"]
    for before, after in zip(seen, seen[1:]):
        assert after.time - before.time >= 0.35


def test_a_change_is_not_tried_again_when_another_followed(account, arrived, unique, stack):
    hook = account.webhook(f"switch/{unique}", events=["call_change"], retry_schedule=[2],
                           params=[{"name": "t", "value": "tags_list"}])
    call = call_id()
    account.post({"tags_list": ["old"]}, event="call_change", call_id=call)
    arrived(1, f"/switch/{unique}")
    from client import Api
    Api(stack.receiver).post(f"/_set?name={unique}&status=200", "")
    account.post({"tags_list": ["new"]}, event="call_change", call_id=call)
    assert wait_for(lambda: account.counters(hook["id"]) == (1, 1), 10)
    assert [o for _, o, _, _, _ in stack.attempts(hook["id"])] == ["retry", "delivered", "superseded"]
    assert [s.body for s in arrived(2, f"/switch/{unique}")] == [b'{"t":["old"]}', b'{"t":["new"]}']


@pytest.mark.slow
def test_an_old_change_is_not_sent_once_more(account, arrived, unique, stack):
    hook = account.webhook(f"switch/{unique}", events=["call_change"], retry_schedule=[1],
                           params=[{"name": "t", "value": "tags_list"}])
    calls = [call_id(), call_id()]
    for call in calls:
        account.post({"tags_list": ["old"]}, event="call_change", call_id=call)
    assert wait_for(lambda: account.counters(hook["id"]) == (0, 2))
    from client import Api
    Api(stack.receiver).post(f"/_set?name={unique}&status=200", "")
    account.post({"tags_list": ["new"]}, event="call_change", call_id=calls[0])
    assert wait_for(lambda: account.counters(hook["id"]) == (1, 2))
    time.sleep(4)
    failed = account.api.get(f"/webhooks/{hook['id']}/deliveries?outcome=failed").json["data"]
    assert len(failed) == 2
    for delivery in failed:
        assert account.api.post(f"/deliveries/{delivery['id']}/resend", {}).status == 202
    # What another one has followed would undo it; the other call has said nothing since.
    assert wait_for(lambda: sorted(o for _, o, _, _, _ in stack.attempts(hook["id"])[-2:]) ==
                    ["delivered", "superseded"])
    assert [s.body for s in arrived(6, f"/switch/{unique}")[-2:]] == [b'{"t":["new"]}', b'{"t":["old"]}']


# ---- what is sent ----

PARAMS = [
    {"name": "client[phone]", "value": "client_number"},
    {"name": "client[who]", "template": "{client_number} ({city}) «{{{utm_term}}}»"},
    {"name": "tags[]", "text": "звонок"},
    {"name": "call", "template": "{call_id}/{event}: {status_description}"},
    {"name": "site", "value": "site"},
    {"name": "unique", "value": "unique"},
]


@pytest.mark.parametrize("shape", ["json", "form", "query"])
def test_templates_and_nested_names(account, arrived, unique, shape):
    account.webhook(f"ok/{unique}", params=PARAMS, method="GET" if shape == "query" else "POST",
                    content_type=FORM if shape == "form" else "application/json")
    call = call_id()
    city = 'Нью "Йорк" & {сыновья} \\ \n\t\x01 100%+1'
    account.post({**fixture("ct_end.json"), "city": city, "unique": True}, call_id=call)
    seen = arrived(1, f"/ok/{unique}")[0]
    who = f"79995550188 ({city}) «{{седан & кредит 100%}}»"
    words = f"{call}/AFTER_CALL_FINISH: Успешный звонок. Всё прошло хорошо"
    if shape == "json":
        assert json.loads(seen.body) == {
            "client": {"phone": "79995550188", "who": who}, "tags": ["звонок"], "call": words,
            "site": "avtosalon.example", "unique": True}
        assert list(json.loads(seen.body)) == ["client", "tags", "call", "site", "unique"]
        return
    text = seen.body.decode() if shape == "form" else urlsplit(seen.target).query
    assert parse_qsl(text, keep_blank_values=True, strict_parsing=True) == [
        ("client[phone]", "79995550188"), ("client[who]", who), ("tags[]", "звонок"), ("call", words),
        ("site", "avtosalon.example"), ("unique", "1")]


def test_paths_into_objects(account, arrived, unique):
    hook = account.webhook(f"ok/{unique}", service="callkeeper", params=[
        {"name": "src", "value": "visit_info.current.src"}, {"name": "trm", "value": "current.trm"},
        {"name": "uag", "value": "visit_info.udata.uag"}, {"name": "no", "value": "visit_info.no.such"},
        {"name": "tags", "value": "tags_list"}, {"name": "ya", "value": "ya_clid"}])
    assert hook["params"][0] == {"name": "src", "value": "visit_info.current.src"}
    data = fixture("ck_end.json")
    account.post(data, service="callkeeper")
    assert json.loads(arrived(1, f"/ok/{unique}")[0].body) == {
        "src": "yandex", "trm": "купить авто в кредит", "uag": data["visit_info"]["udata"]["uag"], "no": None,
        "tags": ["Целевой", "Тест-драйв"], "ya": "1718097100123456789"}


def test_what_cannot_be_sent_is_refused(account):
    def post(*params):
        return codes(account.api.post("/webhooks", account.settings(params=list(params))))
    assert post({"name": "a", "template": "{x}"}) == [("/params/0/template", "unknown_parameter")]
    assert post({"name": "a", "template": "}"}) == [("/params/0/template", "template_syntax")]
    assert post({"name": "a", "value": "city.x"}) == [("/params/0/value", "unknown_parameter")]
    assert post({"name": "a", "text": ""}, {"name": "a[b]", "text": ""}) == [("/params/1/name", "conflict")]
    assert post({"name": "a", "text": "", "template": ""}) == [("/params/0/value", "value_or_text")]
    for language, sentence in (("en", 'The service has no parameter "tpyo"; choose one from the list.'),
                               ("ru", "Выберите значение из списка: у сервиса нет параметра «tpyo»")):
        answer = account.api.post("/webhooks", account.settings(
            params=[{"name": "a", "template": "{city} {tpyo} {x}"}]), headers={"Accept-Language": language})
        assert [e["detail"] for e in answer.json["errors"]] == [sentence]


def test_the_list_of_parameters_says_what_is_known_when(account):
    for service, count in (("calltracking", 33), ("callkeeper", 47)):
        data = account.api.get(f"/parameters?service={service}").json["data"]
        assert len(data) == count
        own = {p["id"]: p for p in data if p["extension"]}
        assert {"call_id", "event", "status_description", "tags_list", "ya_clid", "unique", "target"} <= set(own)
        assert {i for i, p in own.items() if p["known"] == "at_start"} == set(own) - {
            "status_description", "tags_list", "unique", "target"}
        assert own["tags_list"]["type"] == "array" and own["unique"]["type"] == "boolean"
        # Whatever is listed can be used.
        names = [p["id"] for p in data] + [path for p in data for path in p["paths"]]
        hook = account.webhook(service=service, params=[{"name": n, "value": n} for n in names])
        shown = account.api.post("/webhooks/preview", {"webhook": account.settings(
            service=service, params=hook["params"]), "event": "call_end"})
        assert shown.status == 200 and list(json.loads(shown.json["body"])) == names
    paths = {p["id"]: p["paths"] for p in data}
    assert "visit_info.current.src" in paths["visit_info"] and "current.src" in paths["current"]
    assert paths["phone2"] == []


# ---- headers and login ----

def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def test_headers_of_ones_own(account, arrived, unique):
    headers = [{"name": "X-Api-Key", "value": "ключ 1"}, {"name": "x-empty", "value": ""}]
    hook = account.webhook(f"ok/{unique}", headers=headers, method="GET")
    assert hook["headers"] == headers
    account.post()
    seen = arrived(1, f"/ok/{unique}")[0]
    assert seen.header("x-empty") == ""
    assert seen.header("X-Api-Key").encode("latin-1").decode() == "ключ 1" or seen.header("X-Api-Key") == "ключ 1"

    def post(name, value="1"):
        return codes(account.api.post("/webhooks", account.settings(headers=[{"name": name, "value": value}])))
    assert post("host") == [("/headers/0/name", "reserved")]
    assert post("x-ckct-event") == [("/headers/0/name", "reserved")]
    assert post("a b") == [("/headers/0/name", "allowed_characters")]
    assert post("a", "1\r\nHost: b") == [("/headers/0/value", "bad_character")]
    # The same in a preview.
    shown = account.api.post("/webhooks/preview", {"event": "call_end", "webhook": account.settings(
        headers=[{"name": "X-CKCT-Event", "value": "1"}])})
    assert codes(shown) == [("/webhook/headers/0/name", "reserved")]


def nowhere(stack, *secrets):
    """No secret in the logs, in what the database says as text, or in a command line."""
    texts = [stack.log(name) for name in ("api", "sender")]
    texts += [str(r) for table in ("webhook", "webhook_version") for r in
              stack.sql(f"SELECT settings, filters FROM callhook.{table}" if table == "webhook" else
                        f"SELECT settings, who FROM callhook.{table}")]
    for pid in os.listdir("/proc"):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                command = f.read()
        except OSError:
            continue
        if b"callhook" in command:
            texts.append(command.decode(errors="replace"))
    for secret in secrets:
        assert not any(secret in text for text in texts), secret


def test_a_login_is_sent_and_never_shown(account, arrived, unique, stack):
    hook = account.webhook(f"ok/{unique}", auth={"type": "basic", "user": "я", "password": SECRET})
    assert hook["auth"] == {"type": "basic", "user": "я"}
    account.post()
    seen = arrived(1, f"/ok/{unique}")[0]
    assert seen.header("Authorization") == basic("я", SECRET)
    # Left out, it stays.
    answer = change(account.api, hook, enabled=True)
    assert answer.status == 200, answer
    hook = answer.json
    account.post()
    assert arrived(2, f"/ok/{unique}")[1].header("Authorization") == basic("я", SECRET)
    # Another user needs a password of his own.
    assert codes(change(account.api, hook, auth={"type": "basic", "user": "b"})) == [("/auth/password", "required")]
    assert codes(change(account.api, hook, auth={"type": "bearer"})) == [("/auth/token", "required")]
    answer = account.api.call("PATCH", "/webhooks/" + hook["id"], {"auth": {"password": "other"}},
                              headers={"If-Match": "*"})
    assert answer.status == 200, answer
    account.post()
    assert arrived(3, f"/ok/{unique}")[2].header("Authorization") == basic("я", "other")
    hook = answer.json
    answer = change(account.api, hook, auth={"type": "bearer", "token": TOKEN})
    assert answer.status == 200 and answer.json["auth"] == {"type": "bearer"}
    account.post()
    assert arrived(4, f"/ok/{unique}")[3].header("Authorization") == "Bearer " + TOKEN
    hook = answer.json
    texts = [account.api.get(f"/webhooks/{hook['id']}{x}").body.decode() for x in ("", "/versions", "/deliveries")]
    texts.append(account.api.get("/webhooks").body.decode())
    rows = account.api.get(f"/webhooks/{hook['id']}/deliveries").json["data"]

    def written(row):  # the receiver has it before its attempt is in the database
        return wait_for(lambda: account.api.get("/deliveries/" + row["id"]).json["attempts"])

    shown = [written(r)[0]["request"]["headers"] for r in rows]
    assert sorted(h for headers in shown for h in headers if h.startswith("Authorization")) == [
        "Authorization: Basic ***"] * 3 + ["Authorization: Bearer ***"]
    preview = account.api.post("/webhooks/preview", {"event": "call_end", "webhook": account.settings(
        auth={"type": "bearer", "token": TOKEN})})
    assert "Authorization: Bearer ***" in preview.json["headers"]
    texts.append(preview.body.decode())
    for text in texts:
        assert TOKEN not in text and SECRET not in text
    nowhere(stack, TOKEN, SECRET, basic("я", SECRET))
    (sealed,), = stack.sql("SELECT auth FROM callhook.webhook WHERE id = %s", hook["id"])
    assert TOKEN.encode() not in bytes(sealed) and len(sealed) == len(TOKEN) + 29
    answer = change(account.api, hook, auth=None)
    assert answer.status == 200 and answer.json["auth"] is None
    account.post()
    assert arrived(5, f"/ok/{unique}")[4].header("Authorization") is None
    assert stack.sql("SELECT auth FROM callhook.webhook WHERE id = %s", hook["id"]) == [(None,)]


def test_an_old_version_comes_back_with_the_login_that_still_fits(account, arrived, unique):
    hook = account.webhook(f"ok/{unique}", auth={"type": "basic", "user": "a", "password": "one"})
    path = "/webhooks/" + hook["id"]
    assert change(account.api, hook, path=f"ok/{unique}/2").status == 200
    any_version = {"If-Match": "*"}
    back = account.api.post(path + "/versions/1/restore", {}, headers=any_version)
    assert back.status == 200 and back.json["path"] == f"ok/{unique}", back
    account.post()
    assert arrived(1, f"/ok/{unique}")[0].header("Authorization") == basic("a", "one")
    assert change(account.api, back.json, auth=None).status == 200
    # The password has gone with it; nobody kept a copy.
    assert codes(account.api.post(path + "/versions/1/restore", {}, headers=any_version)) == [
        ("/auth/password", "required")]


def test_a_test_has_the_login_and_the_headers_too(account, arrived, unique):
    own = {"headers": [{"name": "X-Own", "value": "1"}], "auth": {"type": "basic", "user": "a", "password": SECRET}}
    new = account.api.post("/webhooks/test", {"webhook": account.settings(f"ok/{unique}/new", **own),
                                              "event": "call_change"})
    assert new.status == 200 and new.json["outcome"] == "delivered", new
    hook = account.webhook(f"ok/{unique}/saved", **own)
    saved = account.api.post(f"/webhooks/{hook['id']}/test", {"event": "call_end"})
    assert saved.status == 200 and saved.json["outcome"] == "delivered", saved
    for seen, kind in zip(arrived(2, f"/ok/{unique}"), ("CALL_CHANGED", "AFTER_CALL_FINISH")):
        assert seen.header("Authorization") == basic("a", SECRET) and seen.header("X-Own") == "1"
        assert seen.header("X-CKCT-Event") == kind
    for answer in (new, saved):
        assert "Authorization: Basic ***" in answer.json["request"]["headers"]
        assert SECRET not in answer.body.decode()


def test_changed_settings_are_tried_with_the_stored_login(account, arrived, unique, stack):
    path = f"ok/{unique}"
    hook = account.webhook(path, auth={"type": "basic", "user": "a", "password": SECRET})
    assert account.api.post(f"/webhooks/{hook['id']}/secret", {}).status == 201

    def tried(**changed):
        identity = changed.pop("id", hook["id"])
        settings = account.settings(**{"path": path, "auth": {"type": "basic", "user": "a"}, **changed})
        return account.api.post("/webhooks/test", {"id": identity, "event": "call_end", "webhook": settings})

    # The same server: its login, and signed.
    answer = tried(path=f"{path}/changed", method="POST")
    assert answer.status == 200 and answer.json["outcome"] == "delivered", answer
    assert SECRET not in answer.body.decode() and "Authorization: Basic ***" in answer.json["request"]["headers"]
    assert account.api.get("/webhooks/" + hook["id"]).json["path"] == path
    # One that is given comes first.
    answer = tried(auth={"type": "basic", "user": "a", "password": "new"})
    assert answer.status == 200 and answer.json["outcome"] == "delivered", answer
    seen = arrived(2, f"/ok/{unique}")
    assert [s.header("Authorization") for s in seen] == [basic("a", SECRET), basic("a", "new")]
    assert all(s.header("webhook-signature") for s in seen)
    # Another server, another user, another kind: nothing that is stored is used.
    elsewhere = "http://127.0.0.1:20001"
    assert codes(tried(origin=elsewhere)) == [("/webhook/auth/password", "login_again")]
    assert codes(tried(auth={"type": "basic", "user": "b"})) == [("/webhook/auth/password", "required")]
    assert codes(tried(auth={"type": "bearer"})) == [("/webhook/auth/token", "required")]
    answer = tried(origin=elsewhere, auth=None)
    assert answer.status == 200, answer
    assert not any(h.startswith("webhook-signature") for h in answer.json["request"]["headers"])
    # Nobody else's, and no id at all.
    assert codes(tried(id="x")) == [("/id", "bad_id")]
    assert codes(tried(id=7)) == [("/id", "wrong_type")]
    other = stack.account()
    order = {"id": hook["id"], "event": "call_end", "webhook": account.settings(path)}
    problem(other.api.post("/webhooks/test", order), 404)
    assert codes(account.api.post("/webhooks/preview", order)) == [("/id", "unknown_field")]


def test_a_new_login_needs_its_secret(account):
    assert codes(account.api.post("/webhooks", account.settings(auth={"type": "basic", "user": "a"}))) == [
        ("/auth/password", "required")]
    assert codes(account.api.post("/webhooks", account.settings(auth={"type": "basic", "user": "a:b",
                                                                      "password": "c"}))) == [
        ("/auth/user", "bad_character")]
    answer = account.api.post("/webhooks", account.settings(origin="https://a:b@mysite.ru"))
    assert codes(answer) == [("/origin", "url_userinfo")] and "auth" in answer.json["errors"][0]["detail"]


def test_a_sealed_login_opens_nowhere_else(account, unique, stack):
    one = account.webhook(f"ok/{unique}/1", auth={"type": "bearer", "token": "one"})
    two = account.webhook(f"ok/{unique}/2", auth={"type": "bearer", "token": "two"})
    stack.sql("UPDATE callhook.webhook SET auth = (SELECT auth FROM callhook.webhook WHERE id = %s) WHERE id = %s",
              one["id"], two["id"])
    account.post()
    assert wait_for(lambda: [(o, e) for _, o, _, e, _ in stack.attempts(two["id"])][:1] == [("retry", "secret")])
    assert wait_for(lambda: account.counters(one["id"]) == (1, 0))


def test_without_the_master_key(account, unique, stack):
    hook = account.webhook(f"ok/{unique}", auth={"type": "bearer", "token": "t"})
    key = os.path.join(stack.data, "conf", "master.key")
    os.rename(key, key + ".away")
    try:
        stack.part("stop", "api")
        stack.part("start", "api")
        answer = account.api.post("/webhooks", account.settings(auth={"type": "bearer", "token": "t"}))
        assert answer.status == 503 and answer.json["type"].endswith("/unavailable")
        # What needs no key goes on: everything else, and taking the login away.
        assert change(account.api, hook, enabled=False).status == 200
        assert change(account.api, account.read(hook["id"]), auth=None).status == 200
    finally:
        os.rename(key + ".away", key)


# ---- time limit and retries ----

@pytest.mark.slow
def test_a_time_limit_of_ones_own(account, stack, unique):
    short = account.webhook(f"slow/1600/{unique}/short", timeout=1, retry_schedule=[1])
    long = account.webhook(f"slow/2600/{unique}/long", timeout=4)
    usual = account.webhook(f"slow/2600/{unique}/usual", retry_schedule=[1])
    assert (short["timeout"], usual["timeout"]) == (1, None)
    account.post()
    assert wait_for(lambda: account.counters(long["id"]) == (1, 0), 15)
    assert wait_for(lambda: account.counters(short["id"]) == (0, 1), 15)
    assert wait_for(lambda: account.counters(usual["id"]) == (0, 1), 15)
    for hook in (short, usual):
        assert [(n, o, e) for n, o, _, e, _ in stack.attempts(hook["id"])] == [
            (1, "retry", "timeout"), (2, "failed", "timeout")]
    (took,), = stack.sql("SELECT total_us FROM callhook.attempt WHERE webhook_id = %s AND n = 1", short["id"])
    assert 900_000 < took < 1_500_000


def test_retries_of_ones_own(account, arrived, unique, stack):
    hook = account.webhook(f"status/500/{unique}", retry_schedule=[1, 2])
    assert hook["retry_schedule"] == [1, 2]
    began = time.time()
    account.post()
    seen = arrived(3, f"/status/500/{unique}", 12)
    assert wait_for(lambda: account.counters(hook["id"]) == (0, 1))
    assert [s.attempt for s in seen] == [1, 2, 3]
    assert 1 <= seen[1].time - seen[0].time < 2 and 2 <= seen[2].time - seen[1].time < 3.5
    assert time.time() - began < 10
    assert codes(account.api.post("/webhooks", account.settings(retry_schedule=[604800] * 5, timeout=61))) == [
        ("/timeout", "out_of_range"), ("/retry_schedule", "too_late")]


def test_null_is_the_installations(account):
    hook = account.webhook(filters={"kind": "unique"}, headers=[{"name": "a", "value": "b"}], timeout=5,
                           retry_schedule=[1])
    answer = account.api.call("PATCH", "/webhooks/" + hook["id"], {
        "filters": None, "headers": None, "timeout": None, "retry_schedule": None}, headers={"If-Match": "*"})
    assert answer.status == 200, answer
    assert [answer.json[x] for x in ("filters", "headers", "auth", "timeout", "retry_schedule")] == [
        ALL, [], None, None, None]
