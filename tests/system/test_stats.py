"""What was sent by the hour and by the day."""
import pytest

from client import wait_for


def codes(answer):
    assert answer.status == 422, answer
    return {e["pointer"]: e["code"] for e in answer.json["errors"]}


def test_figures_of_a_webhook_and_the_account(account, unique):
    good = account.webhook(f"ok/{unique}")
    bad = account.webhook(f"status/404/{unique}")
    for _ in range(3):
        account.post()
    wait_for(lambda: account.counters(good["id"]) == (3, 0) and account.counters(bad["id"]) == (0, 3), 20)
    one = account.api.get(f"/webhooks/{good['id']}/stats").json
    assert one["step"] == "hour" and len(one["data"]) == 24 and one["to"] > one["data"][-1]["at"] >= one["from"]
    assert sum(d["delivered"] for d in one["data"]) == one["total"]["delivered"] == 3
    assert (one["total"]["failed"], one["total"]["attempts"], one["total"]["failed_attempts"]) == (0, 3, 0)
    latency = one["total"]["latency"]
    assert 0 < latency["p50_ms"] <= latency["p95_ms"] <= latency["p99_ms"] <= 2000 and latency["avg_ms"] > 0
    assert one["data"][0]["latency"] is None
    # Four attempts of each, by the schedule of the tests.
    two = account.api.get(f"/webhooks/{bad['id']}/stats?step=day").json
    assert len(two["data"]) == 30
    assert (two["total"]["failed"], two["total"]["attempts"], two["total"]["failed_attempts"]) == (3, 12, 12)
    both = account.api.get("/stats").json
    assert (both["total"]["delivered"], both["total"]["failed"], both["total"]["attempts"]) == (3, 3, 15)
    assert [w["id"] for w in both["webhooks"]] == [bad["id"], good["id"]]
    assert [sum(w["data"]) for w in both["webhooks"]] == [3, 3] and len(both["webhooks"][0]["data"]) == 24
    assert account.api.get("/stats?service=callkeeper").json["webhooks"] == []
    # A webhook that was deleted keeps its figures.
    account.api.delete("/webhooks/" + good["id"], headers={"If-Match": "*"})
    assert account.api.get(f"/webhooks/{good['id']}/stats").json["total"]["delivered"] == 3
    assert account.api.get("/stats").json["total"]["delivered"] == 3


def test_figures_are_what_the_counters_count(account, unique):
    """Also of what was sent once more, recovered, tried out, or given up."""
    hook = account.webhook(f"status/404/{unique}")
    where = "/webhooks/" + hook["id"]
    account.post()
    account.post()
    wait_for(lambda: account.counters(hook["id"]) == (0, 2), 20)
    failed = account.api.get(where + "/deliveries").json["data"]
    account.api.call("PATCH", where, {"path": f"ok/{unique}"}, headers={"If-Match": "*"})
    assert account.api.post(f"/deliveries/{failed[0]['id']}/resend", {}).status == 202
    wait_for(lambda: account.counters(hook["id"]) == (1, 2))
    assert account.api.post(where + "/recover", {"since": "2020-01-01T00:00:00Z"}).status == 202
    wait_for(lambda: account.counters(hook["id"]) == (2, 2))
    assert account.api.post(where + "/test", {"event": "call_end"}).json["outcome"] == "delivered"
    assert account.api.post(where + "/pause", {}).status == 200
    account.post()
    account.api.call("PATCH", where, {"enabled": False}, headers={"If-Match": "*"})
    wait_for(lambda: account.api.get(where + "/deliveries?outcome=cancelled").json["data"])
    assert account.counters(hook["id"]) == (2, 2)
    for total in account.api.get(where + "/stats").json["total"], account.api.get("/stats").json["total"]:
        assert (total["delivered"], total["failed"]) == (2, 2)
        assert (total["attempts"], total["failed_attempts"]) == (10, 8)


def test_steps(account, stack):
    hook = account.webhook()
    shard = stack.sql("SELECT shard FROM callhook.webhook WHERE id = %s", hook["id"])[0][0]

    def hour(text, n):
        stack.sql("INSERT INTO callhook.webhook_hour SELECT %s, 0, extract(epoch FROM %s::timestamptz)::bigint / 3600,"
                  " %s, %s, %s, 0, %s, 0, 1000 * %s, array_fill(0, ARRAY[19]) || %s", shard, text, account.number,
                  hook["id"], n, n, n, n)
    hour("2026-03-01T20:00Z", 1)
    hour("2026-03-01T21:00Z", 2)
    hour("2026-03-02T20:00Z", 4)
    where = f"/webhooks/{hook['id']}/stats?from=2026-03-01T21:00:00Z&to=2026-03-02T21:00:00Z"
    days = account.api.get(where + "&step=day&tz=180").json
    assert (days["from"], days["to"]) == ("2026-03-01T21:00:00.000Z", "2026-03-02T21:00:00.000Z")
    assert [(d["at"], d["delivered"]) for d in days["data"]] == [("2026-03-01T21:00:00.000Z", 6)]
    utc = account.api.get(where + "&step=day").json
    assert [(d["at"][:10], d["delivered"]) for d in utc["data"]] == [("2026-03-01", 3), ("2026-03-02", 4)]
    hours = account.api.get(where).json
    assert len(hours["data"]) == 24 and hours["total"]["delivered"] == 6
    assert hours["data"][0]["latency"]["avg_ms"] == 1.0


@pytest.mark.parametrize("args, wrong", [
    ("step=week", {"?step": "not_in_list"}),
    ("from=x", {"?from": "bad_time"}),
    ("to=x", {"?to": "bad_time"}),
    ("tz=900", {"?tz": "out_of_range"}),
    ("what=1", {"?what": "unknown_field"}),
    ("from=2026-03-01T00:00:00Z&to=2026-03-01T00:00:00Z", {"?from": "not_earlier"}),
    ("from=2026-01-01T00:00:00Z&to=2026-03-01T00:00:00Z", {"?from": "span_too_long"}),
    ("step=day&from=2025-01-01T00:00:00Z&to=2026-03-01T00:00:00Z", {"?from": "span_too_long"}),
])
def test_questions_that_are_refused(account, args, wrong):
    hook = account.webhook()
    assert codes(account.api.get(f"/webhooks/{hook['id']}/stats?{args}")) == wrong
    assert codes(account.api.get(f"/stats?{args}")) == wrong


def test_figures_of_others(account, stack):
    hook = account.webhook()
    assert stack.account().api.get(f"/webhooks/{hook['id']}/stats").status == 404
    assert codes(account.api.get(f"/webhooks/{hook['id']}/stats?service=calltracking")) == {"?service": "unknown_field"}
    assert codes(account.api.get("/stats?service=x")) == {"?service": "not_in_list"}
