"""The API through PgBouncer in transaction mode: with database.pooled nothing of it stays in
a session, so that workers may share fewer sessions than they are.  The sender keeps its own."""
import os
import re
import shutil
import subprocess
import threading

import pytest

from client import fixture, wait_for
from conftest import SETTINGS, Stack

PGBOUNCER = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
pytestmark = [pytest.mark.slow,
              pytest.mark.skipif(not os.access(PGBOUNCER, os.X_OK), reason="pgbouncer is not installed")]

POOLER = """
[databases]
callhook = host={pg} port={port} dbname=callhook
[pgbouncer]
listen_addr =
unix_socket_dir = {dir}
listen_port = 6432
auth_type = trust
auth_file = {dir}/users
pool_mode = transaction
default_pool_size = 2
max_client_conn = 100
logfile = {dir}/pgbouncer.log
pidfile = {dir}/pgbouncer.pid
"""


@pytest.fixture(scope="module")
def own():
    s = Stack(SETTINGS + "database.pooled=yes\napi.workers=6\n")
    # The socket's path is short: the folder of the stack's own sockets.
    folder = os.path.join(s.env["PGHOST"], "pooler")
    s.run("mkdir", "-p", folder)
    for name, text in (("ini", POOLER.format(pg=s.env["PGHOST"], port=s.env["PGPORT"], dir=folder)),
                       ("users", '"callhook_stack_api" ""\n')):
        s.run("tee", os.path.join(folder, name), input=text)
    started = s.run(PGBOUNCER, "-d", "-q", os.path.join(folder, "ini"))
    assert started.returncode == 0, started.stderr
    with open(s.env["CALLHOOK_CONFIG"]) as f:
        config = f.read()
    config, n = re.subn(r"(?m)^api = .*$", f'api = "host={folder} port=6432 user=callhook_stack_api dbname=callhook"', config)
    assert n == 1, config
    with open(s.env["CALLHOOK_CONFIG"], "w") as f:
        f.write(config)
    s.part("stop", "api")
    s.part("start", "api")
    wait_for(s.ready, 15)
    yield s
    pid = open(os.path.join(folder, "pgbouncer.pid")).read().strip()
    subprocess.run(["kill", pid], check=False)
    shutil.rmtree(folder, ignore_errors=True)
    s.close()


def test_everything_through_two_sessions(own):
    account = own.account()
    hook = account.webhook("ok/pooled")
    ledger = own.ledger()
    failed = []

    def post(n):
        for _ in range(n):
            if own.ingest.post("/events", account.event()).status != 202:
                failed.append(1)
            if account.api.get("/webhooks/" + hook["id"]).status != 200:
                failed.append(2)
    threads = [threading.Thread(target=post, args=(20,)) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(60)
    assert not failed

    def all_here():
        ledger.read()
        return len({s.id for s in ledger.seen}) >= 160
    wait_for(all_here, 20)
    assert len(ledger.seen) == 160
    sessions = own.sql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'callhook-api'")[0][0]
    assert 1 <= sessions <= 2


def test_nothing_is_left_in_a_session(own):
    account = own.account()
    account.post(fixture("ct_end.json"))
    with open(own.env["CALLHOOK_CONFIG"]) as f:
        conninfo = re.search(r'(?m)^api = "(.*)"$', f.read()).group(1)
    import psycopg
    with psycopg.connect(conninfo, autocommit=True, prepare_threshold=None) as c:
        for _ in range(4):
            row = c.execute("SELECT current_setting('statement_timeout'), current_setting('callhook.account_id', true),"
                            " (SELECT count(*) FROM pg_prepared_statements)").fetchone()
            assert row[0] == "0" and row[1] in (None, "") and row[2] == 0


def test_others_accounts_stay_hidden(own):
    mine, other = own.account(), own.account()
    hook = other.webhook("ok/other")
    for _ in range(6):
        assert mine.api.get("/webhooks/" + hook["id"]).status == 404
        assert other.api.get("/webhooks/" + hook["id"]).status == 200


def test_a_dead_session_is_replaced(own):
    account = own.account()
    own.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'callhook_stack_api'")

    def works():
        return own.ingest.post("/events", account.event()).status == 202
    wait_for(works, 10)
