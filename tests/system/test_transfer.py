"""Copies of webhooks, and all settings of an account out and in again."""
import time

import pytest

NOBODYS = "019aab20-7d1e-7a52-8c36-0f9b1a2c3d4e"


def codes(answer):
    assert answer.status == 422, answer
    return {e["pointer"]: e["code"] for e in answer.json["errors"]}


def done(answer):
    assert answer.status == 200, answer
    j = answer.json
    return j["created"], j["changed"], j["deleted"], j["unchanged"]


def order(webhooks, mode="add", **more):
    return {"format": "callhook/1", "mode": mode, "webhooks": webhooks, **more}


def listed(account):
    return account.api.get("/webhooks?limit=100").json["data"]


def test_a_copy(account, arrived, unique):
    hook = account.webhook(f"ok/{unique}", auth={"type": "bearer", "token": "a-token"})
    answer = account.api.post(f"/webhooks/{hook['id']}/copy", {})
    assert answer.status == 201, answer
    copy = answer.json
    assert answer.headers["Location"].endswith("/v1/webhooks/" + copy["id"])
    assert copy["enabled"] is False and copy["version"] == 1 and copy["id"] != hook["id"]
    for field in "service", "origin", "path", "params", "method", "events", "auth":
        assert copy[field] == hook[field]
    # The login is the copy's now.
    assert account.api.post(f"/webhooks/{copy['id']}/test", {"event": "call_end"}).json["outcome"] == "delivered"
    assert arrived(1, f"/ok/{unique}")[0].header("Authorization") == "Bearer a-token"


def test_copies_that_are_refused(account, stack):
    hook = account.webhook()
    assert stack.account().api.post(f"/webhooks/{hook['id']}/copy", {}).status == 404
    assert account.api.post(f"/webhooks/{NOBODYS}/copy", {}).status == 404
    assert codes(account.api.post(f"/webhooks/{hook['id']}/copy", {"a": 1})) == {"/a": "unknown_field"}


def test_out_and_in_again(account, stack):
    for path in "ok/1", "ok/2":
        account.webhook(path)
    document = account.api.get("/export").json
    assert document["format"] == "callhook/1" and len(document["webhooks"]) == 2
    other = stack.account()
    assert done(other.api.post("/import", {**document, "mode": "add"})) == (2, 0, 0, 0)
    copies = other.api.get("/export").json["webhooks"]
    for mine, theirs in zip(document["webhooks"], copies):
        assert mine.pop("id") != theirs.pop("id") and mine == theirs


def test_replace_makes_it_what_the_document_says(account):
    one, two, three = (account.webhook(f"ok/{i}") for i in range(3))
    document = account.api.get("/export").json
    document["webhooks"] = [w for w in document["webhooks"] if w["id"] != two["id"]]
    document["webhooks"][1]["path"] = "ok/new"
    document["webhooks"].append(account.settings("ok/added", service="callkeeper", params=[]))
    before = listed(account)
    rehearsal = account.api.post("/import", {**document, "mode": "replace", "dry_run": True})
    assert done(rehearsal) == (1, 1, 1, 1) and rehearsal.json["dry_run"] is True
    assert listed(account) == before
    assert done(account.api.post("/import", {**document, "mode": "replace"})) == (1, 1, 1, 1)
    after = listed(account)
    assert [w["path"] for w in after] == ["ok/0", "ok/new", "ok/added"]
    assert [w["version"] for w in after] == [1, 2, 1]
    actions = account.api.get(f"/webhooks/{two['id']}/versions").json["data"]
    assert [v["action"] for v in actions] == ["deleted", "created"]
    # Once more there is nothing to do.
    assert done(account.api.post("/import", {**account.api.get("/export").json, "mode": "replace"})) == (0, 0, 0, 3)


def test_logins_stay(account, arrived, unique):
    hook = account.webhook(f"ok/{unique}", auth={"type": "basic", "user": "u", "password": "secret-word"})
    document = account.api.get("/export")
    assert b"secret-word" not in document.body
    document = document.json
    document["webhooks"][0]["params"] = []
    assert done(account.api.post("/import", {**document, "mode": "replace"})) == (0, 1, 0, 0)
    account.api.post(f"/webhooks/{hook['id']}/test", {"event": "call_end"})
    assert arrived(1, f"/ok/{unique}")[0].header("Authorization") == "Basic dTpzZWNyZXQtd29yZA=="
    assert codes(account.api.post("/import", {**document, "mode": "add"})) == {
        "/webhooks/0/auth/password": "required"}


def test_what_is_no_setting_stays(account, stack):
    """A replacement changes settings: the webhook stays paused and signed, and its history goes on."""
    hook = account.webhook("ok/1", headers=[{"name": "X-Tenant", "value": "7"}], timeout=7, retry_schedule=[60])
    where = "/webhooks/" + hook["id"]
    assert account.api.post(where + "/secret", {}).status == 201
    assert account.api.post(where + "/pause", {}).status == 200
    before = account.read(hook["id"])
    document = account.api.get("/export").json
    assert done(account.api.post("/import", {**document, "mode": "replace"})) == (0, 0, 0, 1)
    assert account.read(hook["id"]) == before
    document["webhooks"][0]["path"] = "ok/2"
    assert done(account.api.post("/import", {**document, "mode": "replace"})) == (0, 1, 0, 0)
    after = account.read(hook["id"])
    assert (after["path"], after["version"]) == ("ok/2", before["version"] + 1)
    for field in "paused_at", "signed", "headers", "timeout", "retry_schedule", "created_at":
        assert after[field] == before[field], field
    assert after["paused_at"] and after["signed"]
    # Names that the installation sends itself are no more welcome here than in a form.
    document["webhooks"][0]["headers"] = [{"name": "X-CKCT-Test", "value": "1"}]
    assert codes(account.api.post("/import", {**document, "mode": "replace"})) == {
        "/webhooks/0/headers/0/name": "reserved"}


def test_all_or_nothing(account):
    good = account.settings("ok/good")
    bad = account.settings("ok/bad", origin="http://10.0.0.1")
    assert codes(account.api.post("/import", order([good, good, bad, 5]))) == {
        "/webhooks/2/origin": "url_private", "/webhooks/3": "wrong_type"}
    assert listed(account) == []


def test_documents_that_are_refused(account):
    hook = account.webhook()
    settings = account.settings()
    for body, wrong in [
        ({}, {"/format": "required", "/webhooks": "required", "/mode": "required"}),
        ([], {"": "wrong_type"}),
        (order([], format="callhook/9"), {"/format": "not_in_list"}),
        (order([], mode="merge"), {"/mode": "not_in_list"}),
        (order([], dry_run=1), {"/dry_run": "wrong_type"}),
        (order({}), {"/webhooks": "wrong_type"}),
        (order([], what=1), {"/what": "unknown_field"}),
        (order([{**settings, "id": 1}]), {"/webhooks/0/id": "wrong_type"}),
        (order([{**settings, "id": "x"}]), {"/webhooks/0/id": "bad_id"}),
        (order([{**settings, "id": hook["id"]}] * 2, "replace"), {"/webhooks/1/id": "duplicate"}),
        (order([{**account.settings(service="callkeeper", params=[]), "id": hook["id"]}], "replace"),
         {"/webhooks/0/service": "not_in_list"}),
    ]:
        if "format" in body and isinstance(body, dict):
            body = dict(body)
        assert codes(account.api.post("/import", body)) == wrong, body
    assert [w["version"] for w in listed(account)] == [1]


def test_an_id_of_another_account_is_nobodys(account, stack):
    theirs = stack.account().webhook("ok/theirs")
    assert done(account.api.post("/import", order([{**account.settings(), "id": theirs["id"]}], "replace"))) == (1, 0, 0, 0)
    assert listed(account)[0]["id"] != theirs["id"]


def test_limits_hold(account, stack):
    stack.ctl("account", "set", str(account.number), "--webhooks", "2")
    if account.api.get("/account").json["limits"]["webhooks"] != 2:
        pytest.skip("this callhookctl sets no limits")
    assert codes(account.api.post("/import", order([account.settings(f"ok/{i}") for i in range(3)]))) == {
        "/webhooks": "limit"}
    assert done(account.api.post("/import", order([account.settings(f"ok/{i}") for i in range(2)]))) == (2, 0, 0, 0)


def test_limits_are_those_of_what_is_new(account, stack):
    """Webhooks from before a limit was lowered, or a service was lost, stand in nobody's way."""
    for i in range(3):
        account.webhook(f"ok/{i}", service="callkeeper", params=[])
    stack.ctl("account", "set", str(account.number), "--webhooks", "2", "--services", "calltracking")
    assert done(account.api.post("/import", order([account.settings("ok/new")]))) == (1, 0, 0, 0)
    keeper = account.settings("ok/more", service="callkeeper", params=[])
    assert codes(account.api.post("/import", order([keeper]))) == {"/webhooks": "limit"}
    everything = account.api.get("/export").json["webhooks"]
    assert done(account.api.post("/import", order(everything, "replace"))) == (0, 0, 0, 4)
    assert done(account.api.post("/import", order(everything[3:], "replace"))) == (0, 0, 3, 1)
    assert codes(account.api.post("/import", order([keeper]))) == {"/webhooks": "not_in_list"}


def test_what_is_beyond_every_limit_is_not_tried_first(account, stack):
    def tried():
        stack.sql("SELECT pg_stat_clear_snapshot()")
        return stack.sql("SELECT sum(n_tup_ins) FROM pg_stat_user_tables WHERE relname = 'webhook_version'")[0][0]

    before = tried()
    assert codes(account.api.post("/import", order([account.settings("ok/x")] * 1001))) == {"/webhooks": "limit"}
    wrong = {**account.settings("ok/x"), "method": "FETCH"}
    answer = account.api.post("/import", order([wrong] * 900))
    assert answer.status == 422 and len(answer.json["errors"]) == 50
    time.sleep(1.5)             # statistics come a second late
    account.api.get("/webhooks")
    time.sleep(0.5)
    assert tried() - before < 1000      # earlier tests' may be among them
