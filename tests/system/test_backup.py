"""Backup and restore as doc/OPERATION.md says: what was owed when the copy was made is delivered
after it is put back, keys and settings are there, and the account's walls stand."""
import glob
import os

import pytest

from client import wait_for
from conftest import Stack

pytestmark = pytest.mark.slow


@pytest.fixture
def own():
    s = Stack()
    yield s
    s.close()


def test_dump_and_restore(own):
    env = own.env
    pg = {"PGHOST": env["PGHOST"], "PGPORT": env["PGPORT"], "PGUSER": env["PGUSER"], "PATH": os.environ["PATH"]}
    tools = sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1]
    dump = os.path.join(env["PGHOST"], "callhook.dump")

    def tool(name, *words):
        r = own.run(os.path.join(tools, name), *words, env=pg)
        assert r.returncode == 0, r.stderr

    account = own.account()
    hook = account.webhook("ok/backup")
    ledger = own.ledger()
    own.part("stop", "sender")
    events = [account.event() for _ in range(20)]
    answer = own.ingest.post("/events", events)
    assert answer.status == 202
    tool("pg_dump", "-Fc", "-f", dump, env["PGDATABASE"])
    own.part("stop", "api")
    tool("dropdb", env["PGDATABASE"])
    tool("createdb", "-T", "template0", "-E", "UTF8", env["PGDATABASE"])
    tool("pg_restore", "-d", env["PGDATABASE"], "--exit-on-error", dump)
    own.part("start", "api")
    own.part("start", "sender")
    wait_for(own.ready, 20)

    def all_here():
        ledger.read()
        return len({s.id for s in ledger.seen}) >= len(events)
    wait_for(all_here, 20)
    assert {s.call for s in ledger.seen} == {e["call_id"] for e in events}
    assert account.read(hook["id"])["version"] == hook["version"]
    again = own.ingest.post("/events", events).json["data"]
    assert all(r["duplicate"] for r in again)
    assert own.account().api.get("/webhooks/" + hook["id"]).status == 404
    checked = own.ctl("check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
