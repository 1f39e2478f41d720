"""callhookctl account, and what goes sooner than for others."""
import json

from client import wait_for
from test_api import problem


def test_show_and_set(account, stack):
    number = str(account.number)
    shown = json.loads(stack.ctl("account", "show", number, "--json").stdout)
    assert shown["own"] == [] and shown["webhooks"] == 500 and shown["events_per_second"] is None
    r = stack.ctl("account", "set", number, "--webhooks", "1", "--services", "calltracking")
    assert r.returncode == 0, r.stderr
    assert "webhooks           1\n" in r.stdout and "(default)" in r.stdout
    # What is not named stays.
    r = stack.ctl("account", "set", number, "--retention", "7", "--events-per-second", "5")
    assert r.returncode == 0, r.stderr
    shown = json.loads(stack.ctl("account", "show", number, "--json").stdout)
    assert shown == {"account_id": account.number, "webhooks": 1, "events_per_second": 5, "retention_days": 7,
                     "services": ["calltracking"],
                     "own": ["webhooks", "events_per_second", "retention_days", "services"]}
    answer = account.api.get("/account").json
    assert answer["limits"] == {"webhooks": 1, "events_per_second": 5, "retention_days": 7}
    assert answer["services"] == ["calltracking"]
    account.webhook("a")
    problem(account.api.post("/webhooks", account.settings("b")), 422)
    assert stack.ctl("account", "set", number, "--webhooks", "default").returncode == 0
    account.webhook("b")


def test_wrong_words(account, stack):
    number = str(account.number)
    for words in (["show"], ["show", "x"], ["show", "0"], ["set", number], ["set", number, "--webhooks", "-1"],
                  ["set", number, "--webhooks", "many"], ["set", number, "--services", "sms"], ["forget", number],
                  ["set", number, "--retention", "0"], ["show", number, "--webhooks", "1"], [number]):
        assert stack.ctl("account", *words).returncode == 2, words
    assert stack.sql("SELECT count(*) FROM callhook.account WHERE account_id = %s", account.number) == [(0,)]


def test_a_shorter_retention(account, stack):
    hook, other = account.webhook("ok"), stack.account()
    theirs = other.webhook("ok")
    for a, h in ((account, hook), (other, theirs)):
        a.post()
        assert wait_for(lambda: stack.attempts(h["id"]))
    # Three days ago, in the ids.
    for table in ("event", "attempt"):
        stack.sql(f"""UPDATE callhook.{table} SET id = (lpad(to_hex((extract(epoch FROM now()) * 1000)::bigint
            - 3 * 86400000), 12, '0') || substr(replace(id::text, '-', ''), 13))::uuid
            WHERE {'account_id IN (%s, %s)' if table == 'event' else 'webhook_id IN (%s, %s)'}""",
                  *((account.number, other.number) if table == "event" else (hook["id"], theirs["id"])))
    assert stack.ctl("account", "set", str(account.number), "--retention", "2").returncode == 0
    r = stack.ctl("maintain")
    assert r.returncode == 0, r.stderr
    assert "forgot 2 rows" in r.stdout
    assert stack.attempts(hook["id"]) == [] and len(stack.attempts(theirs["id"])) == 1
    assert stack.sql("SELECT account_id FROM callhook.event WHERE account_id IN (%s, %s)",
                     account.number, other.number) == [(other.number,)]
