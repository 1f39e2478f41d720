"""What an operator sees: status, metrics, the log, a pool that follows the work.
Its own stack: settings change all the time."""
import concurrent.futures
import json
import os
import re
import signal
import subprocess
import time

import pytest

import fcgi
from client import call_id, fixture, wait_for
from conftest import TOP, Stack

SETTINGS = """
sender.connect_timeout=1s
sender.timeout=2s
sender.retries=200ms 400ms
sender.jitter=0
sender.poll_idle=100ms
sender.drain_timeout=5s
api.drain_timeout=5s
log.requests=all
log.deliveries=all
log.routine=0
"""


@pytest.fixture(scope="module")
def ops():
    s = Stack(SETTINGS)
    yield s
    s.close()


@pytest.fixture
def account(ops):
    return ops.account()


def metrics(stack):
    """Of the families: {name{labels}: value}; the text is OpenMetrics to its end."""
    answer = stack.base.get("/metrics")
    assert answer.status == 200, answer
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    text = answer.body.decode()
    assert text.endswith("# EOF\n") and text.count("# EOF") == 1
    return read_metrics(text)


def read_metrics(text):
    values, announced = {}, set()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            name = line.split()[2]
            assert name not in announced, line
            announced.add(name)
        elif not line.startswith("#"):
            m = re.fullmatch(r'([a-z_]+)(\{(?:[a-z]+="[^"]*",?)+\})? (-?[0-9.]+)', line)
            assert m, line
            family = re.sub("_(total|bucket|sum|count|info)$", "", m[1])
            assert m[1] in announced or family in announced, line
            assert m[1] + (m[2] or "") not in values, line
            values[m[1] + (m[2] or "")] = float(m[3])
    return values


def posts(stack, account, n):
    """n posts at a time, each from a thread of its own; returns the futures."""
    pool = concurrent.futures.ThreadPoolExecutor(n)
    return [pool.submit(stack.ingest.post, "/events", account.event({})) for _ in range(n)]


# ---- status ----

def test_status_tells_of_the_pool(ops, account):
    before = ops.status()
    account.post()
    now = ops.status()
    assert now["events"] == before["events"] + 1
    assert now["requests"] >= before["requests"] + 1
    assert now["pool"]["min"] == now["pool"]["max"] == 2
    assert now["pool"]["idle"] + now["pool"]["busy"] == 2
    assert sorted(w["pid"] for w in now["workers"]) == ops.workers()
    assert now["master"] == ops.pid("api")
    assert now["listen_queue"] == {"waiting": 0, "most": now["listen_queue"]["most"], "limit": now["listen_queue"]["limit"]}
    assert now["listen_queue"]["limit"] >= 1


def test_status_answers_while_all_workers_are_busy(ops, account):
    with ops.locked():
        waiting = posts(ops, account, 2)
        assert wait_for(lambda: ops.status()["pool"]["busy"] >= 1)
        more = posts(ops, account, 40)
        # Workers take what waits before they look at the database: fill both.
        assert wait_for(lambda: ops.status()["pool"]["idle"] == 0)
        more += posts(ops, account, 40)
        assert wait_for(lambda: ops.status()["listen_queue"]["waiting"] > 0)
        page = ops.status()
        assert page["pool"]["busy"] == 2
        stuck = [w for w in page["workers"] if w["state"] == "busy"]
        assert {w["request"] for w in stuck} == {"/v1/events"}
        assert {w["statement"] for w in stuck} & {"event_key_insert+1", "event_key_insert_one+1"}
        text = ops.base.get("/status?format=openmetrics").body.decode()
        values = read_metrics(text)
        assert values['callhook_api_workers{state="busy"}'] == 2
        assert values["callhook_api_listen_queue"] > 0
        time.sleep(0.3)  # the master looks ten times a second
    assert {f.result().status for f in waiting + more} <= {202, 503}
    assert ops.status()["listen_queue"]["most"] > 0


def test_the_pool_does_not_show_itself_and_the_observer_nothing_else(ops, account):
    for name, path, expected in [("api.sock", "/status", 404), ("api.sock", "/metrics", 404),
                                   ("api.sock", "/healthz", 200), ("status.sock", "/healthz", 200),
                                   ("status.sock", "/readyz", 200), ("status.sock", "/status", 200),
                                   ("status.sock", "/v1/webhooks", 404), ("status.sock", "/v1/events", 405)]:
        assert fcgi.get(os.path.join(ops.env["CALLHOOK_RUN"], name), path) == expected, (name, path)


def test_status_needs_no_database(ops):
    ops.part("stop", "postgres", "immediate")
    try:
        assert ops.status()["pool"]["max"] == 2
        values = metrics(ops)
        assert values["callhook_database_up"] == 0
        assert values["callhook_api_workers_max"] == 2
        assert "callhook_queue_deliveries" not in values
    finally:
        ops.part("start", "postgres")
    assert wait_for(ops.ready)
    assert metrics(ops)["callhook_database_up"] == 1


def test_titles(ops):
    r = subprocess.run(["ps", "-o", "args=", "-g", str(ops.pid("api")), "--ppid", str(ops.pid("api"))],
                       capture_output=True, text=True)
    titles = r.stdout.splitlines()
    assert f"callhook-api: master ({ops.env['CALLHOOK_CONFIG']})" in titles
    assert any(re.fullmatch("callhook-api: worker 1 (idle|/.*)", t) for t in titles), titles
    assert any(t.startswith("callhook-api: observer") for t in titles), titles


# ---- metrics ----

@pytest.mark.slow
def test_metrics_of_queue_and_senders(ops, account):
    hook = account.webhook("ok")
    account.webhook("status/500")
    for _ in range(3):
        account.post()
    assert wait_for(lambda: account.counters(hook["id"])[0] == 3)

    def counted():
        v = metrics(ops)
        found = {}
        for k in v:
            m = re.match(r'callhook_sender_(?:outcomes|errors|attempt_seconds)\w*\{sender="[^"]+",?(.*)\}', k)
            if m:
                found[k.split("{")[0], m[1]] = v[k]
        return (found.get(("callhook_sender_outcomes_total", 'outcome="delivered"'), 0) >= 3 and
                found.get(("callhook_sender_errors_total", 'class="http_status"'), 0) >= 3 and v)
    v = wait_for(counted, 15)
    assert v
    assert v["callhook_senders"] == 1
    assert v["callhook_schema_version"] >= 1
    sender = next(k for k in v if k.startswith("callhook_sender_shards"))
    assert v[sender] == 64
    label = sender.split("{")[1].rstrip("}")
    assert v[f"callhook_sender_silent_seconds{{{label}}}"] < 5
    assert v[f'callhook_sender_attempt_seconds_count{{{label}}}'] >= 6
    assert v[f'callhook_sender_delay_seconds_bucket{{{label},le="+Inf"}}'] == \
        v[f"callhook_sender_delay_seconds_count{{{label}}}"]
    assert v[f"callhook_sender_batch_results_sum{{{label}}}"] >= 6
    assert v['callhook_partitions{table="event"}'] >= 2
    assert v['callhook_partitions_days_ahead{table="attempt"}'] >= 1
    assert v['callhook_table_dead_rows{table="outbox"}'] >= 0
    assert v['callhook_api_request_seconds_count{kind="events"}'] >= 3


def test_a_sender_that_ended_without_a_word_is_not_counted(ops):
    """The alert for shards that nobody sends must not wait until its last heartbeat is an hour old."""
    ops.sql("INSERT INTO callhook.sender (shard, id, host, pid, started_at, seen_at, shards, in_flight, figures) "
            "VALUES (0, '00000000-0000-7000-8000-000000000001', 'gone', 7, now(), now() - interval '1 min', 64, 9, "
            """'{"lanes": {"closed": 5}, "reads": 3}')""")
    try:
        v = metrics(ops)
        assert v["callhook_senders"] == 1
        assert v['callhook_sender_shards{sender="gone:7"}'] == v['callhook_sender_in_flight{sender="gone:7"}'] == 0
        assert 60 <= v['callhook_sender_silent_seconds{sender="gone:7"}'] < 120
        assert v['callhook_sender_reads_total{sender="gone:7"}'] == 3
        assert 'callhook_sender_lanes{sender="gone:7",state="closed"}' not in v
    finally:
        ops.sql("DELETE FROM callhook.sender WHERE host = 'gone'")


def test_metrics_of_what_is_owed(ops, account):
    hook = account.webhook("ok")
    account.post()
    # It has a session, so it says good-bye.
    assert wait_for(lambda: account.counters(hook["id"])[0] == 1)
    ops.part("stop", "sender")
    try:
        before = metrics(ops)["callhook_queue_deliveries"]
        for _ in range(5):
            account.post()
        time.sleep(1.1)
        v = metrics(ops)
        assert v["callhook_queue_deliveries"] == before + 5
        assert v["callhook_queue_webhooks"] >= 1
        assert 1 <= v["callhook_queue_oldest_due_seconds"] < 60
        assert v["callhook_senders"] == 0
    finally:
        ops.part("start", "sender")
    assert wait_for(lambda: metrics(ops)["callhook_queue_deliveries"] == 0, 15)
    assert metrics(ops)["callhook_queue_oldest_due_seconds"] == 0


@pytest.mark.slow
def test_metrics_are_cheap_whatever_is_owed(ops):
    """200,000 deliveries of 4,000 webhooks in one shard: the page looks at a bounded part."""
    ops.part("stop", "sender")
    try:
        ops.sql("INSERT INTO callhook.outbox (shard, kind, attempt, due, call, id, webhook_id, event_id)"
                " SELECT 63, 1, 0, now() - interval '1 h', g, gen_random_uuid(), md5((g % 4000)::text)::uuid,"
                " gen_random_uuid() FROM generate_series(1, 200000) g")
        ops.sql("ANALYZE callhook.outbox")
        v = min((metrics(ops) for _ in range(3)), key=lambda v: v["callhook_metrics_seconds"])
        assert v["callhook_metrics_seconds"] < 0.5
        assert v["callhook_queue_webhooks"] == 100
        assert 3590 < v["callhook_queue_oldest_due_seconds"] < 3700
        rows = ops.sql("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + statement("metrics_queue", 63, 1000, 100))
        assert buffers(rows[0][0]) < 1000
    finally:
        ops.sql("TRUNCATE callhook.outbox")
        ops.part("start", "sender")


def statement(name, *values):
    with open(os.path.join(TOP, "sql", "statements", name + ".sql")) as f:
        text = f.read()
    for i, v in enumerate(values, 1):
        text = text.replace(f"${i}", f"{v}")
    return text


def buffers(plan):
    return plan[0]["Plan"]["Shared Hit Blocks"] + plan[0]["Plan"]["Shared Read Blocks"]


# ---- the pool ----

@pytest.mark.slow
def test_a_pool_follows_the_work(ops, account):
    with ops.setting("api.workers=8", "api.workers_min=1", "api.spare_min=1", "api.spare_max=2", "api.batch=1"):
        assert wait_for(lambda: ops.status()["pool"]["idle"] <= 2 and len(ops.workers()) <= 2)
        with ops.locked():
            waiting = posts(ops, account, 30)
            assert wait_for(lambda: ops.status()["pool"]["busy"] == 8, 5)
            assert wait_for(lambda: ops.status()["max_workers_reached"] > 0, 5)
            assert len(ops.workers()) == 8
        assert {f.result().status for f in waiting} <= {202, 503}
        assert wait_for(lambda: len(ops.workers()) == 2, 20)
        assert account.api.get("/webhooks").status == 200
    assert wait_for(lambda: len(ops.workers()) == 2)


def test_workers_are_replaced_after_their_share(ops, account):
    with ops.setting("api.max_requests=20"):
        assert wait_for(lambda: ops.status()["pool"]["idle"] == 2)
        old, before = set(ops.workers()), ops.status()["requests"]
        for _ in range(60):
            assert account.api.get("/webhooks").status == 200
        assert wait_for(lambda: not old & set(ops.workers()) and len(ops.workers()) == 2)
        assert ops.status()["requests"] >= before + 60, "what a worker has counted outlives it"
        assert ops.status()["deaths"] == 0


def test_a_request_that_takes_too_long_is_answered_503_and_logged(ops, account):
    """PostgreSQL itself hangs: no timeout of its own ends that."""
    account.post()
    with ops.setting("api.request_timeout=600ms", "api.slow=100ms"):
        assert wait_for(lambda: ops.status()["pool"]["idle"] == 2)
        assert account.api.get("/webhooks").status == 200
        frozen = [r[0] for r in ops.sql(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'callhook-api'")]
        for pid in frozen:
            os.kill(pid, signal.SIGSTOP)
        try:
            began = time.monotonic()
            answer = account.api.get("/webhooks")
            assert answer.status == 503 and answer.json["status"] == 503, answer
            assert answer.headers["Retry-After"]
            assert 0.5 < time.monotonic() - began < 2.5
        finally:
            for pid in frozen:
                os.kill(pid, signal.SIGCONT)
        request = answer.headers["X-Request-Id"]
        line = wait_for(lambda: next((x for x in lines(ops, "api", "api.slow") if f"request={request}" in x), ""))
        assert "route=/v1/webhooks" in line and "status=503" in line, line
        assert int(re.search(r"statement_us=(\d+)", line)[1]) > 400000
        assert re.search(r"statement=\w+", line)
        assert ops.status()["slow_requests"] >= 1
        assert ops.status()["stuck"] == 0
    assert wait_for(ops.ready)


# ---- the log ----

def lines(stack, name, event):
    return [x for x in stack.log(name).splitlines() if f" {event} " in x]


def test_every_request_and_every_delivery_has_a_line(ops, account):
    hook = account.webhook("ok")
    answer = ops.ingest.post("/events", account.event())
    request = answer.headers["X-Request-Id"]
    line = wait_for(lambda: [x for x in lines(ops, "api", "api.request") if f"request={request}" in x])
    assert len(line) == 1
    assert "method=POST" in line[0] and "route=/v1/events" in line[0] and "status=202" in line[0]
    # The request leads to the event, the event to the delivery.
    event = re.search("event_id=([0-9a-f-]{36})", line[0])[1]
    assert event == answer.json["id"]
    sent = wait_for(lambda: [x for x in lines(ops, "sender", "sender.delivery") if event in x])
    assert len(sent) == 1
    assert "outcome=delivered" in sent[0] and f"webhook={hook['id']}" in sent[0]


def test_neither_numbers_nor_secrets_are_logged(ops, account):
    phone = "79995550" + call_id()[-3:].rjust(3, "7")
    data = fixture("ct_end.json")
    data["client_number"] = phone
    hook = account.webhook("ok", method="GET")
    secret = account.api.post(f"/webhooks/{hook['id']}/secret", {}).json.get("secret", "whsec_none")
    account.post(data)
    account.webhook("status/400?x=" + phone)
    account.post(data)
    account.api.get(f"/calls/{phone}/hooks")
    account.api.post("/webhooks", account.settings("ok", origin="http://" + phone))
    assert wait_for(lambda: account.counters(hook["id"])[0] == 2)
    for name in ("api", "sender"):
        text = ops.log(name)
        assert phone not in text, name
        assert account.key.split("_")[-1] not in text and secret not in text


def test_lines_as_json(ops, account):
    """Every line is JSON then, with the fields of the text."""
    def line_of(request):
        return wait_for(lambda: [x for x in ops.log("api").splitlines() if request in x])[0]
    text = line_of(account.api.get("/webhooks").headers["X-Request-Id"])
    fields = re.findall(r" (\w+)=", text.split(" api.request", 1)[1])
    before = len(ops.log("api").splitlines())
    with ops.setting("log.format=json"):
        assert wait_for(lambda: ops.status()["pool"]["idle"] == 2)
        request = account.api.get("/webhooks").headers["X-Request-Id"]
        line = json.loads(line_of(request))
        assert line["event"] == "api.request" and line["status"] == 200 and line["request"] == request
        assert line["level"] == "info" and line["program"] == "callhook-api"
        assert list(line) == ["time", "level", "program", "pid", "event"] + fields
        account.api.post("/webhooks", "{\"\x00\\")
        account.api.get("/calls/%22%0a%1b%D0%B9/hooks")
        lines = ops.log("api").splitlines()[before:]
        first = next(i for i, x in enumerate(lines) if request in x)
        assert len([json.loads(x) for x in lines[first:]]) >= 3
