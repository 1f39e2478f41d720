#!/usr/bin/python3
"""demo --check: makes one webhook of every kind for three receivers (our own,
PHP behind nginx, Debian's webhook server), posts the calls of tests/fixtures,
and compares what each receiver saw with what must arrive."""
import os
import sys
import time

import render
from client import Api, Ledger, call_id, event_text, fixture, fixture_text, read_env

CT, CK = "calltracking", "callkeeper"
START, END = "call_start", "call_end"
JSON, FORM = "application/json", "application/x-www-form-urlencoded"

CT_GET = fixture("mapping_ct_get.json")
CT_JSON = fixture("mapping_ct_json.json")
CK_FORM = fixture("mapping_ck_form.json")
BITRIX = [
    {"name": "fields[TITLE]", "text": "Звонок с сайта"},
    {"name": "fields[PHONE][0][VALUE]", "value": "client_number"},
    {"name": "fields[PHONE][0][VALUE_TYPE]", "text": "WORK"},
    {"name": "fields[UTM_SOURCE]", "value": "utm_source"},
    {"name": "fields[COMMENTS]", "value": "record_url"},
]
CYRILLIC = [
    {"name": "телефон", "value": "client_number"},
    {"name": "источник", "text": "звонок с сайта «Лето» & 100 %"},
    {"name": "кампания", "value": "company_name"},
]

# name, receiver, service, events, method, content type, params, path, fixture of the end event
HOOKS = [
    ("GET, mapped", "own", CT, [START, END], "GET", JSON, CT_GET, "hooks/call.php",
     {START: "ct_get_start.http", END: "ct_get_end.http"}),
    ("POST JSON, mapped", "own", CT, [START, END], "POST", JSON, CT_JSON, "api/calls",
     {END: "ct_post_json_end.http"}),
    ("POST form, mapped", "own", CT, [START, END], "POST", FORM, CT_JSON, "hooks/call.php",
     {END: "ct_post_form_end.http"}),
    ("GET, brackets, secret in path", "own", CT, [END], "GET", JSON, BITRIX,
     "rest/1/SECRET/crm.lead.add.json", {END: "ct_get_bitrix24.http"}),
    ("GET, Cyrillic names, constants", "own", CT, [END], "GET", JSON, CYRILLIC, "кириллица/hook", {}),
    ("POST JSON, Cyrillic", "own", CT, [END], "POST", JSON, CYRILLIC, "c", {}),
    ("GET, query in path", "own", CT, [END], "GET", JSON, CT_GET[:2], "x.php?token=s3cret&a=1", {}),
    ("POST, query in path", "own", CT, [END], "POST", JSON, CT_JSON, "x.php?token=s3cret", {}),
    ("PUT JSON", "own", CT, [END], "PUT", JSON, CT_JSON, "put//Double/", {}),
    ("DELETE form", "own", CT, [END], "DELETE", FORM, CT_JSON[:3], "delete", {}),
    ("start only", "own", CT, [START], "POST", JSON, CT_JSON, "start", {}),
    ("default body", "own", CK, [START, END], "POST", JSON, [], "ck-hook",
     {START: "ck_default_json_start.http", END: "ck_default_json_end.http"}),
    ("POST form, nested", "own", CK, [END], "POST", FORM, CK_FORM, "hooks/ck.php",
     {END: "ck_post_form_end.http"}),
    ("POST JSON, mapped", "own", CK, [START, END], "POST", JSON, CK_FORM, "ck.json", {}),
    ("GET, mapped", "own", CK, [START, END], "GET", JSON, CK_FORM, "ck.php", {}),
    ("default body as form", "own", CK, [END], "POST", FORM, [], "ck-form", {}),
    ("GET, mapped", "php", CT, [START, END], "GET", JSON, CT_GET, "call.php", {}),
    ("GET, brackets", "php", CT, [END], "GET", JSON, BITRIX, "bitrix.php", {}),
    ("POST form, mapped", "php", CT, [END], "POST", FORM, CT_JSON, "form.php", {}),
    ("POST form, Cyrillic", "php", CT, [END], "POST", FORM, CYRILLIC, "cyr.php", {}),
    ("POST JSON, mapped", "php", CT, [END], "POST", JSON, CT_JSON, "json.php", {}),
    ("default body", "php", CK, [START, END], "POST", JSON, [], "ck.php", {}),
    ("POST form, nested", "php", CK, [END], "POST", FORM, CK_FORM, "ckform.php", {}),
    ("POST JSON, mapped", "webhook", CT, [START, END], "POST", JSON, CT_JSON, "hooks/h01", {}),
    ("POST form, mapped", "webhook", CT, [END], "POST", FORM, CT_JSON, "hooks/h02", {}),
    ("GET, mapped", "webhook", CT, [END], "GET", JSON, CT_GET, "hooks/h03", {}),
    ("default body", "webhook", CK, [START, END], "POST", JSON, [], "hooks/h04", {}),
    ("GET, Cyrillic", "webhook", CT, [END], "GET", JSON, CYRILLIC, "hooks/h05", {}),
]

CALLS = [
    (CT, START, "ct_start.json", 0), (CT, END, "ct_end.json", 0),
    (CT, END, "ct_end_missed.json", 1),
    (CK, START, "ck_start.json", 2), (CK, END, "ck_end.json", 2),
    (CK, END, "ck_end_failed.json", 3), (CK, END, "ck_end_testcall.json", 4),
]


class Mismatch(Exception):
    pass


def same(what, got, wanted):
    if got != wanted:
        raise Mismatch(f"{what}\n      got    {got!r}\n      wanted {wanted!r}")


def fixture_request(name, prefix):
    """Request line and headers without Host, and the body of an .http file."""
    head, _, body = fixture_text_raw(name).partition(b"\r\n\r\n")
    line, *headers = head.decode().split("\r\n")
    method, target, _ = line.split(" ")
    return method, "/" + prefix + target, [tuple(h.split(": ", 1)) for h in headers[1:]], body


def fixture_text_raw(name):
    from client import FIXTURES
    with open(os.path.join(FIXTURES, name), "rb") as f:
        return f.read()


def check_own(hook, data, seen, wire):
    method, target, kind, body = render.request(hook, data)
    same("method", seen.method, method)
    same("target", seen.target, target)
    same("body", seen.body, body)
    same("Content-Type", seen.header("Content-Type"), kind)
    same("Content-Length", seen.header("Content-Length"), str(len(body)) if kind else None)
    same("Accept", seen.header("Accept"), "*/*")
    if wire:
        f_method, f_target, f_headers, f_body = wire
        same("fixture's method", seen.method, f_method)
        same("fixture's target", seen.target, f_target)
        same("fixture's body", seen.body, f_body)
        for name, value in f_headers:
            same(f"fixture's {name}", seen.header(name), value)


def check_php(hook, data, seen, wire):
    method, target, kind, body = render.request(hook, data)
    items = render.pairs(hook, data)
    same("method", seen.method, method)
    same("$_GET", seen.entry["get"] or {}, render.php_array(items) if method == "GET" else {})
    form = kind == FORM
    same("$_POST", seen.entry["post"] or {}, render.php_array(items) if form else {})
    same("php://input", seen.body, body)


def check_webhook(hook, data, seen, wire):
    method, _, kind, _ = render.request(hook, data)
    same("method", seen.method, method)
    if method == "GET":
        same("query", seen.entry["query"], render.once(render.pairs(hook, data)))
    elif kind == FORM:
        same("payload", seen.entry["payload"], render.once(render.pairs(hook, data)))
    else:
        same("payload", seen.entry["payload"], dict(render.fields(hook, data)))


CHECKS = {"own": check_own, "php": check_php, "webhook": check_webhook}


def make_hooks(env, api):
    origins = {"own": env["CALLHOOK_RECEIVER"], "php": env["CALLHOOK_RECEIVER_PHP"],
               "webhook": env["CALLHOOK_RECEIVER_WEBHOOK"]}
    made = []
    for i, (name, receiver, service, events, method, kind, params, path, wires) in enumerate(HOOKS):
        prefix = {"own": f"ok/{i}/", "php": f"{i}/", "webhook": ""}[receiver]
        hook = {"service": service, "origin": origins[receiver], "path": prefix + path,
                "params": params, "method": method, "events": events,
                "content_type": kind, "enabled": True}
        answer = api.post("/webhooks", hook)
        if answer.status != 201:
            sys.exit(f"demo check: cannot make the webhook «{name}»: {answer}")
        made.append((name, receiver, hook, prefix, wires, answer.json["id"]))
    return made


def post_calls(env):
    api = Api(env["CALLHOOK_URL"], env["CALLHOOK_INGEST_KEY"])
    ids = [call_id() for _ in range(5)]
    for service, event, name, n in CALLS:
        text = event_text(int(env["CALLHOOK_ACCOUNT_ID"]), service, event, ids[n], fixture_text(name))
        answer = api.post("/events", text)
        if answer.status != 202:
            sys.exit(f"demo check: {name} was not accepted: {answer}")
    return ids


def find(ledgers, receiver, prefix, hook, call, event_word):
    """The requests of one webhook for one call and event."""
    out = []
    for s in ledgers[receiver].seen:
        if s.call != call or s.header("X-CKCT-Event") != event_word:
            continue
        if receiver == "webhook":
            if "hooks/" + s.entry["hook"] == hook["path"]:
                out.append(s)
        elif s.target.startswith("/" + prefix):
            out.append(s)
    return out


def expectations(made, ids):
    words = {START: "BEFORE_CALL_START", END: "AFTER_CALL_FINISH"}
    for name, receiver, hook, prefix, wires, _ in made:
        for service, event, data_name, n in CALLS:
            if service == hook["service"] and event in hook["events"]:
                main = n in (0, 2)
                wire = fixture_request(wires[event], prefix.rstrip("/")) if main and event in wires else None
                yield (name, receiver, hook, prefix, event, data_name, ids[n], words[event], wire)


def main():
    env = read_env(sys.argv[1])
    api = Api(env["CALLHOOK_URL"], env["CALLHOOK_ACCOUNT_KEY"])
    ledgers = {n: Ledger(os.path.join(env["CALLHOOK_DATA"], "ledger", n + ".jsonl"))
               for n in CHECKS}
    made = make_hooks(env, api)
    ids = post_calls(env)
    wanted = list(expectations(made, ids))

    end = time.monotonic() + 30
    while time.monotonic() < end and sum(len(x.seen) for x in ledgers.values()) < len(wanted):
        for ledger in ledgers.values():
            ledger.read()
        time.sleep(0.05)
    time.sleep(0.5)  # what arrives twice arrives soon
    for ledger in ledgers.values():
        ledger.read()

    passed = failed = 0

    def line(ok, text, why=""):
        nonlocal passed, failed
        passed, failed = passed + ok, failed + (not ok)
        print(f"  {'ok    ' if ok else 'FAILED'}  {text}" + (f"\n      {why}" if why else ""))

    for name, receiver, hook, prefix, event, data_name, call, word, wire in wanted:
        text = f"{receiver:8}{hook['service']:13}{name:31}{event:11}{data_name}"
        try:
            seen = find(ledgers, receiver, prefix, hook, call, word)
            same("requests", len(seen), 1)
            CHECKS[receiver](hook, fixture(data_name), seen[0], wire)
            line(True, text)
        except Mismatch as e:
            line(False, text, str(e))
    total = sum(len(x.seen) for x in ledgers.values())
    line(total == len(wanted), f"nothing else arrived ({total} requests)")
    counters(api, made, wanted, line)
    page(env, line)
    print(f"demo check: {passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


def counters(api, made, wanted, line):
    """Every webhook's counter says what was sent."""
    counts = {}
    for name, receiver, hook, prefix, *_ in wanted:
        counts[hook["path"]] = counts.get(hook["path"], 0) + 1
    end = time.monotonic() + 10
    while True:
        wrong = []
        for _, _, hook, _, _, hook_id in made:
            got = api.get("/webhooks/" + hook_id).json
            if (got["sent_ok"], got["sent_failed"]) != (counts[hook["path"]], 0):
                wrong.append((hook["path"], got["sent_ok"], got["sent_failed"], counts[hook["path"]]))
        if not wrong or time.monotonic() > end:
            break
        time.sleep(0.2)
    line(not wrong, "counters of all webhooks", str(wrong) if wrong else "")


def page(env, line):
    """The cabinet page, and its session: with the cookie in, without it out."""
    page_api = Api(env["CALLHOOK_CABINET_URL"])
    answer = page_api.get("")
    cookie = (answer.headers.get("Set-Cookie") or "").split(";")[0]
    line(answer.status == 200 and b"<html" in answer.body.lower(), "the cabinet page")
    inside = Api(env["CALLHOOK_URL"], headers={"Cookie": cookie}).get("/webhooks?service=calltracking")
    line(inside.status == 200 and len(inside.json["data"]) > 0, "the page's session sees its webhooks")
    line(Api(env["CALLHOOK_URL"]).get("/webhooks?service=calltracking").status == 401,
         "without key and session: 401")


if __name__ == "__main__":
    main()
