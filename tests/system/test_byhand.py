"""callhookctl webhook, delivery, recover and stats: the API by hand."""
import json

from client import wait_for


def test_by_hand(account, stack, arrived, unique):
    def ctl(*words):
        r = stack.ctl(*words)
        assert r.returncode == 0, r.stderr
        return r.stdout

    hook = account.webhook(f"status/404/{unique}")["id"]
    assert hook in ctl("webhook", "list", str(account.number))
    assert json.loads(ctl("webhook", "show", hook))["id"] == hook
    account.post()
    wait_for(lambda: account.counters(hook) == (0, 1), 20)
    log = json.loads(ctl("delivery", "list", hook, "--json", "--status", "4xx"))["data"]
    assert [e["outcome"] for e in log] == ["failed"] and log[0]["id"] in ctl("delivery", "list", hook)
    assert len(json.loads(ctl("delivery", "show", log[0]["id"]))["attempts"]) == 4
    figures = json.loads(ctl("stats", hook, "--json"))
    assert figures["total"]["failed"] == 1 and "total" in ctl("stats", str(account.number), "--step", "day")
    tried = ctl("webhook", "test", hook)
    assert tried.startswith("failed: POST /status/404/") and "404" in tried
    assert json.loads(ctl("webhook", "test", hook, "--json"))["status"] == 404
    assert account.api.put("/webhooks/" + hook, account.settings(f"ok/{unique}"),
                           headers={"If-Match": "*"}).status == 200
    ctl("delivery", "resend", log[0]["id"])
    arrived(1, f"/ok/{unique}")
    wait_for(lambda: account.counters(hook)[0] == 1, 10)
    recovery = json.loads(ctl("recover", hook, "--since", "2020-01-01T00:00:00Z", "--json"))["id"]
    wait_for(lambda: " done: " in ctl("recover", "show", recovery), 10)
    assert json.loads(ctl("webhook", "pause", hook))["paused_at"]
    assert json.loads(ctl("webhook", "resume", hook))["paused_at"] is None
    assert json.loads(ctl("webhook", "disable", hook))["enabled"] is False
    newest = account.api.get(f"/webhooks/{hook}/versions").json["data"][0]
    assert newest["who"].startswith("callhookctl:")


def test_by_hand_refused(account, stack):
    nobodys = "019aab20-7d1e-7a52-8c36-0f9b1a2c3d4e"
    hook = account.webhook(enabled=False)["id"]
    for words, status, said in [
        (("webhook", "show", nobodys), 1, "no such thing"),
        (("webhook", "show", "x"), 1, "no such thing"),
        (("recover", hook, "--since", "2020-01-01T00:00:00Z"), 1, "409 "),
        (("recover", hook, "--since", "yesterday"), 1, "/since"),
        (("delivery", "list", hook, "--status", "9xx"), 1, "?status"),
        (("webhook", "explode", hook), 2, "usage"),
        (("delivery", "list"), 2, "usage"),
        (("stats", hook, "--what"), 2, "usage"),
    ]:
        r = stack.ctl(*words)
        assert r.returncode == status and said in r.stderr, (words, r)
