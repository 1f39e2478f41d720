"""callhookctl webhook, delivery, recover, stats and key list: the API by hand, as tables
for people and as the API's own JSON."""
import json
import os
import re

import pytest
from client import wait_for

NOBODYS = "019aab20-7d1e-7a52-8c36-0f9b1a2c3d4e"
EVER = "2020-01-01T00:00:00Z"


@pytest.fixture
def ctl(stack):
    def run(*words, status=0):
        r = stack.ctl(*words)
        assert r.returncode == status, (words, r)
        return r.stdout
    return run


@pytest.fixture
def asked(ctl):
    """The answer as JSON."""
    return lambda *words, **kw: json.loads(ctl(*words, "--json", **kw))


def table(text):
    """Rows by their titles; columns stand where their titles do."""
    lines = text.splitlines()
    titles = re.split(r"\s{2,}", lines[0].strip())
    return [dict(zip(titles, re.split(r"\s{2,}", line.strip()))) for line in lines[1:]]


def facts(text):
    """What stands before the first empty line, by its name."""
    out = {}
    for line in text.split("\n\n")[0].splitlines():
        name, _, value = line.partition("  ")
        out[name] = value.strip()
    return out


def failed_once(account, path):
    """A webhook whose one delivery has failed for good."""
    hook = account.webhook(path)["id"]
    account.post()
    wait_for(lambda: account.counters(hook) == (0, 1), 20)
    return hook


def test_webhook_list(account, ctl, asked):
    number = str(account.number)
    assert ctl("webhook", "list", "--account", number).splitlines() == [
        "ID  SERVICE  STATE  EVENTS  SENT  FAILED  METHOD  ADDRESS"]
    made = [account.webhook(f"a/{i}", events=["call_start", "call_end"])["id"] for i in range(3)]
    off = account.webhook("off", enabled=False, method="GET")["id"]
    rows = table(ctl("webhook", "list", "--account", number))
    assert {r["ID"] for r in rows} == {*made, off}
    row = next(r for r in rows if r["ID"] == made[1])
    assert row["STATE"] == "on" and row["EVENTS"] == "call_start,call_end" and row["METHOD"] == "POST"
    assert row["ADDRESS"].endswith("/a/1") and row["SENT"] == row["FAILED"] == "0"
    assert next(r for r in rows if r["ID"] == off)["STATE"] == "off"
    assert asked("webhook", "list", "--account", number) == account.api.get("/webhooks").json
    assert asked("webhook", "list", "--account", number, "--service", "callkeeper")["data"] == []
    page = asked("webhook", "list", "--account", number, "--limit", "2")
    assert len(page["data"]) == 2 and page["next_cursor"]


def test_webhook_list_of_many_pages(account, stack, ctl, asked):
    for i in range(103):
        account.webhook(str(i))
    number = str(account.number)
    ids = [w["id"] for w in asked("webhook", "list", "--account", number)["data"]]
    assert len(ids) == len(set(ids)) == 103
    assert len(table(ctl("webhook", "list", "--account", number, "--limit", "101"))) == 101


def test_webhook_show(account, ctl, asked):
    made = account.webhook("show", auth={"type": "basic", "user": "u", "password": "hidden-word"}, params=[
        {"name": "phone", "value": "client_number"}, {"name": "from", "text": "a\u202eb"},
        {"name": "who", "template": "{client_number} ({city})"}])
    hook = made["id"]
    assert asked("webhook", "show", hook) == account.read(hook)
    text = ctl("webhook", "show", hook)
    shown = facts(text)
    assert shown["id"] == hook and shown["state"] == "on" and shown["service"] == "calltracking"
    assert shown["url"] == made["url"] and shown["timeout"] == "-" and json.loads(shown["events"]) == ["call_end"]
    assert "hidden-word" not in text
    rows = table(text.split("\n\n")[1])
    assert [(r["PARAMETER"], r["KIND"]) for r in rows] == [("phone", "value"), ("from", "text"), ("who", "template")]
    # What turns the direction of a terminal is shown, not obeyed.
    assert rows[1]["IS"] == r"a\xe2\x80\xaeb" and rows[2]["IS"] == "{client_number} ({city})"


def test_switches(account, ctl, asked):
    hook = account.webhook("ok")["id"]
    for word, state in ("pause", "paused"), ("resume", "on"), ("disable", "off"), ("enable", "on"):
        assert [(r["ID"], r["STATE"]) for r in table(ctl("webhook", word, hook))] == [(hook, state)]
    assert asked("webhook", "pause", hook)["paused_at"] and account.read(hook)["paused_at"]
    assert asked("webhook", "disable", hook)["enabled"] is False and account.read(hook)["enabled"] is False
    newest = account.api.get(f"/webhooks/{hook}/versions").json["data"][0]
    assert newest["who"].startswith("callhookctl:") and len(newest["who"]) > len("callhookctl:")


def test_webhook_test(account, ctl, asked, arrived, unique):
    good = account.webhook(f"ok/{unique}")["id"]
    shown = facts(ctl("webhook", "test", good))
    assert shown["outcome"] == "delivered" and shown["status"] == "200" and float(shown["ms"]) > 0
    assert shown["request"].startswith(f"POST /ok/{unique} ")
    assert asked("webhook", "test", good, "--event", "call_start")["outcome"] == "delivered"
    assert len(arrived(2, f"/ok/{unique}")) == 2
    # A test that fails is a failure for scripts too.
    bad = account.webhook("status/404")["id"]
    shown = facts(ctl("webhook", "test", bad, status=1))
    assert shown["outcome"] == "failed" and shown["status"] == "404" and "404" in shown["why"]
    assert asked("webhook", "test", bad, status=1)["status"] == 404


def test_webhook_test_without_sender(account, stack):
    hook = account.webhook("ok")["id"]
    stack.part("stop", "sender")
    try:
        r = stack.ctl("webhook", "test", hook)
    finally:
        stack.part("start", "sender")
    assert r.returncode == 1 and "503 " in r.stderr and "the test was not made" in r.stderr, r


def test_delivery(account, ctl, asked, arrived, unique):
    hook = failed_once(account, f"status/404/{unique}")
    log = asked("delivery", "list", hook)
    assert log == account.api.get(f"/webhooks/{hook}/deliveries").json
    delivery, call = log["data"][0]["id"], log["data"][0]["call_id"]
    for option, value, n in [("--status", "4xx", 1), ("--status", "200", 0), ("--outcome", "failed", 1),
                             ("--outcome", "delivered", 0), ("--event", "call_end", 1), ("--event", "call_start", 0),
                             ("--call", call, 1), ("--call", "other", 0), ("--since", EVER, 1), ("--until", EVER, 0),
                             ("--since", "2020-01-01T03:00:00+03:00", 1), ("--limit", "300", 1)]:
        rows = table(ctl("delivery", "list", hook, option, value))
        assert len(rows) == n, (option, value, rows)
    assert rows[0]["ID"] == delivery and rows[0]["OUTCOME"] == "failed" and rows[0]["STATUS"] == "404"
    assert rows[0]["ATTEMPTS"] == "4" and rows[0]["CALL"] == call
    assert asked("delivery", "show", delivery) == account.api.get("/deliveries/" + delivery).json
    text = ctl("delivery", "show", delivery)
    assert facts(text)["outcome"] == "failed" and facts(text)["call"] == call
    attempts = table(text.split("\n\n")[1])
    assert [a["N"] for a in attempts] == ["1", "2", "3", "4"] and {a["STATUS"] for a in attempts} == {"404"}
    assert f"\nPOST /status/404/{unique} HTTP/1.1\n" in text and '"phone"' in text and "\nwhy:\n" in text
    account.api.put("/webhooks/" + hook, account.settings(f"ok/{unique}"), headers={"If-Match": "*"})
    assert ctl("delivery", "resend", delivery).split() == ["due", "now", delivery]
    assert len(arrived(1, f"/ok/{unique}")) == 1
    wait_for(lambda: account.counters(hook)[0] == 1, 10)
    assert facts(ctl("delivery", "show", delivery))["outcome"] == "delivered"
    assert asked("delivery", "resend", delivery) == {"id": delivery}
    assert len(arrived(2, f"/ok/{unique}")) == 2


def test_delivery_list_of_many_pages(account, ctl, asked, arrived, unique):
    hook = account.webhook(f"ok/{unique}")["id"]
    n = 120
    answer = account.stack.ingest.post("/events", [account.event() for _ in range(n)])
    assert answer.status in (200, 202, 207), answer
    arrived(n, f"/ok/{unique}", 30)
    wait_for(lambda: account.counters(hook)[0] == n, 20)
    assert len(table(ctl("delivery", "list", hook))) == 50
    every = asked("delivery", "list", hook, "--limit", "1000")
    assert len({d["id"] for d in every["data"]}) == n and every["next_cursor"] is None


def test_recover(account, ctl, asked, arrived, unique):
    hook = failed_once(account, f"status/404/{unique}")
    account.api.put("/webhooks/" + hook, account.settings(f"ok/{unique}"), headers={"If-Match": "*"})
    recovery = asked("recover", "start", hook, "--since", EVER)["id"]
    wait_for(lambda: table(ctl("recover", "show", recovery))[0]["STATE"] == "done", 10)
    assert len(arrived(1, f"/ok/{unique}")) == 1
    row = table(ctl("recover", "list", hook))[0]
    assert row["ID"] == recovery and row["FOUND"] == row["RESENT"] == "1"
    assert asked("recover", "show", recovery) == account.api.get("/recoveries/" + recovery).json
    assert asked("recover", "list", hook) == account.api.get(f"/webhooks/{hook}/recoveries").json
    # Nothing is left that could be made once more before then.
    row, = table(ctl("recover", "start", hook, "--since", EVER, "--until", "2020-01-02T00:00:00Z"))
    assert row["UNTIL"].startswith("2020-01-02T00:00:00")


def test_recover_cancel(account, stack, ctl):
    hook = account.webhook("ok")["id"]
    stack.part("stop", "sender")  # nobody who could be done with it first
    try:
        recovery = table(ctl("recover", "start", hook, "--since", EVER))[0]["ID"]
        assert table(ctl("recover", "show", recovery))[0]["STATE"] == "running"
        assert table(ctl("recover", "cancel", recovery))[0]["STATE"] == "cancelled"
        assert table(ctl("recover", "show", recovery))[0]["STATE"] == "cancelled"
    finally:
        stack.part("start", "sender")


def test_stats(account, ctl, asked):
    hook = failed_once(account, "status/404")
    rows = table(ctl("stats", hook))
    assert [r["AT"] for r in rows][-1] == "total" and len(rows) == 2
    assert rows[0]["FAILED"] == rows[1]["FAILED"] == "1" and rows[1]["IN VAIN"] == "4" and rows[1]["DELIVERED"] == "0"
    figures = asked("stats", "--account", str(account.number), "--step", "day")
    assert figures["step"] == "day" and figures["total"]["failed"] == 1
    assert [w["id"] for w in figures["webhooks"]] == [hook]
    # A day of Moscow begins three hours before.
    figures = asked("stats", hook, "--step", "day", "--tz", "180")
    assert figures["data"][-1]["at"].endswith("T21:00:00.000Z") and figures["total"]["failed"] == 1
    for words, n in ((("--service", "calltracking"), 1), (("--service", "callkeeper"), 0),
                     (("--since", "2026-01-01T00:00:00Z", "--until", "2026-01-02T00:00:00Z"), 0)):
        assert asked("stats", "--account", str(account.number), *words)["total"]["failed"] == n


def test_key_list(account, ctl, asked):
    number = str(account.number)
    made = asked("key", "create", "--account", number, "--label", "two  words\x1b[31m", "--expires", "1h")
    rows = table(ctl("key", "list", "--account", number))
    row = next(r for r in rows if r["PREFIX"] == made["prefix"])
    assert row["STATE"] == "active" and row["SCOPES"] == "webhooks" and row["USED"] == "-"
    assert row["EXPIRES"] == made["expires_at"]
    text = ctl("key", "list", "--account", number)
    assert r"two  words\x1b[31m" in text and "\x1b" not in text
    ctl("key", "revoke", made["prefix"])
    rows = table(ctl("key", "list", "--account", number))
    assert {r["STATE"] for r in rows if r["PREFIX"] == made["prefix"]} == {"revoked"} and len(rows) == 2
    assert {k["prefix"] for k in asked("key", "list", "--account", number)} == {r["PREFIX"] for r in rows}


def test_account_given(account, stack, ctl):
    """--account may be given everywhere, and then nothing of others is there."""
    hook = failed_once(account, "status/404")
    delivery = account.api.get(f"/webhooks/{hook}/deliveries").json["data"][0]["id"]
    recovery = table(ctl("recover", "start", hook, "--since", EVER, "--until", "2020-01-02T00:00:00Z"))[0]["ID"]
    own, other = str(account.number), str(stack.account().number)
    for words in (["webhook", "show", hook], ["webhook", "pause", hook], ["webhook", "resume", hook],
                  ["webhook", "disable", hook], ["webhook", "enable", hook], ["delivery", "list", hook],
                  ["delivery", "show", delivery], ["delivery", "resend", delivery], ["recover", "list", hook],
                  ["recover", "show", recovery], ["recover", "cancel", recovery], ["stats", hook]):
        r = stack.ctl(*words, "--account", other)
        assert r.returncode == 1 and "404 " in r.stderr and r.stdout == "", (words, r)
        if words[1] != "cancel":
            ctl(*words, "--account", own)
    for words in (["webhook", "test", hook], ["recover", "start", hook, "--since", EVER]):
        r = stack.ctl(*words, "--account", other)
        assert r.returncode == 1 and "404 " in r.stderr, (words, r)


def test_refused(account, stack):
    hook = account.webhook(enabled=False)["id"]
    number = str(account.number)
    for words, status, said in [
        (("webhook", "show", NOBODYS), 1, "there is no such thing"),
        (("webhook", "show", "x"), 1, "there is no such thing"),
        (("webhook", "show", "../account", "--account", number), 1, "there is no such thing"),
        (("delivery", "show", NOBODYS), 1, "there is no such thing"),
        (("delivery", "show", NOBODYS, "--account", number), 1, "404 "),
        (("recover", "show", NOBODYS), 1, "there is no such thing"),
        (("stats", NOBODYS), 1, "there is no such thing"),
        (("recover", "start", hook, "--since", EVER), 1, "409 "),
        (("recover", "start", hook, "--since", "yesterday"), 1, "/since: "),
        (("delivery", "list", hook, "--status", "9xx"), 1, "?status: "),
        (("delivery", "list", hook, "--call", "a&limit=0"), 1, "?call_id: "),
        (("delivery", "list", hook, "--limit", "0"), 2, "--limit: "),
        (("webhook", "test", hook, "--event", "call_lost"), 1, "/event: "),
        (("webhook", "list", "--account", number, "--service", "sms"), 1, "?service: "),
        (("stats", hook, "--step", "week"), 1, "?step: "),
        (("stats", hook, "--tz", "Moscow"), 1, "?tz: "),
        (("webhook",), 2, "usage"),
        (("webhook", "list"), 2, "--account is missing"),
        (("webhook", "list", "--account", "0"), 2, "not an account number: 0"),
        (("webhook", "list", hook, "--account", number), 2, "too much: "),
        (("webhook", "show"), 2, "an id is missing"),
        (("webhook", "show", hook, hook), 2, "too much: "),
        (("webhook", "show", hook, "--event", "call_end"), 2, "--event does not belong here"),
        (("webhook", "explode", hook), 2, "no such action: explode"),
        (("recover", "start", hook), 2, "--since is missing"),
        (("stats",), 2, "--account is missing"),
        (("stats", hook, "--what"), 2, "usage"),
    ]:
        r = stack.ctl(*words)
        assert r.returncode == status and said in r.stderr, (words, r)
        assert r.stdout == "" and "?limit" not in r.stderr, (words, r)
        assert status != 2 or "usage: callhookctl" in r.stderr, (words, r)


@pytest.mark.parametrize("command", ["webhook", "delivery", "recover", "stats", "key"])
def test_help(ctl, command):
    text = ctl(command, "--help")
    assert text.startswith(f"usage: callhookctl [-c FILE] {command} ") and "--account" in text and "--json" in text


def test_without_database(account, stack):
    hook = account.webhook()["id"]
    with open(stack.env["CALLHOOK_CONFIG"]) as f:
        config = f.read()
    path = stack.dir + "/no-database.conf"
    lines = ["admin = host=/nowhere dbname=x" if line.split("=")[0].strip() == "admin" else line
             for line in config.splitlines()]
    assert lines != config.splitlines()
    with open(path, "w") as f:
        f.write("\n".join(lines) + "\n")
    try:
        for words in (["webhook", "show", hook], ["webhook", "list", "--account", str(account.number)],
                      ["stats", hook], ["recover", "list", hook], ["delivery", "list", hook]):
            r = stack.run(stack.env["CALLHOOK_CTL"], "-c", path, *words)
            assert r.returncode == 1 and "database" in r.stderr and r.stdout == "", (words, r)
    finally:
        os.unlink(path)


@pytest.mark.parametrize("change, words, hint", [
    (("dbname=callhook", "dbname=nothere"), ("check",), "callhookctl setup"),
    (("dbname=callhook", "dbname=nothere"), ("key", "list"), "callhookctl setup"),
    (("user=postgres", "user=nobody_here"), ("check",), "runuser -u postgres"),
    (("dbname=callhook", "dbname=template1"), ("key", "list"), "callhookctl"),
])
def test_what_is_not_set_up_is_said_with_what_helps(stack, change, words, hint):
    with open(stack.env["CALLHOOK_CONFIG"]) as f:
        config = f.read()
    admin = re.search("^admin = .*$", config, re.M)[0]
    path = stack.dir + "/not-set-up.conf"
    with open(path, "w") as f:
        f.write(config.replace(admin, admin.replace(*change)))
    try:
        r = stack.run(stack.env["CALLHOOK_CTL"], "-c", path, *words)
        assert r.returncode in (1, 78) and hint in r.stdout + r.stderr, r
    finally:
        os.unlink(path)
