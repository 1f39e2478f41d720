"""Nobody sees another account's data.  Every route of the program's own table, with another
account's ids: 404, as if they did not exist.  And behind the statements the database's own
wall: statements that forget the account, as the API's login, see and change nothing of others."""
import re
import subprocess
import uuid

import psycopg
import pytest

import openapi
from client import Api, wait_for
from test_openapi import program

ROUTES = [line.split(" ") for line in subprocess.run(
    [program("callhook-api"), "--list-routes"], capture_output=True, text=True, timeout=10).stdout.splitlines()]
DOCUMENT = openapi.expand(openapi.load(), openapi.load())
# What the first parameter of a path is, by what stands before it.
THINGS = {"/v1/webhooks/": "webhook", "/v1/deliveries/": "delivery", "/v1/calls/": "call", "/v1/keys/": "prefix",
          "/v1/recoveries/": "recovery"}
OPEN = {"/v1/problems/{name}"}


@pytest.fixture(scope="module")
def victim(stack):
    """An account with something of everything, and the ids of it."""
    v = stack.account()
    v.ids = {"webhook": v.webhook("ok")["id"]}
    where = "/webhooks/" + v.ids["webhook"]
    assert v.api.post(where + "/secret", {}).status == 201
    event = v.event()
    assert stack.ingest.post("/events", event).status == 202
    v.ids["call"] = event["call_id"]
    v.ids["delivery"] = wait_for(lambda: [d for d in v.api.get(where + "/deliveries").json["data"]
                                          if d["outcome"] == "delivered"])[0]["id"]
    # One that waits for long: status/500 is tried again and again.
    v.ids["waiting"] = v.webhook(f"status/500/{uuid.uuid4().hex}")["id"]
    v.post()
    assert wait_for(lambda: stack.attempts(v.ids["waiting"]))
    r = stack.ctl("key", "create", "--account", str(v.number), "--scope", "keys")
    v.keys = Api(stack.url, r.stdout.strip())
    made = v.keys.post("/keys", {"label": "victim's", "scopes": ["webhooks"]}, headers={"Idempotency-Key": "v"}).json
    v.ids["prefix"] = made["prefix"]
    if any(path == "/v1/recoveries/{id}" for _, path, _ in ROUTES):
        answer = v.api.post(where + "/recover", {"since": "2020-01-01T00:00:00.000Z"})
        assert answer.status == 202, answer
        v.ids["recovery"] = answer.json["id"]
    return v


@pytest.fixture(scope="module")
def thief(stack):
    t = stack.account()
    r = stack.ctl("key", "create", "--account", str(t.number), "--scope", "webhooks,events,keys")
    t.api = Api(stack.url, r.stdout.strip())
    t.webhook("ok")
    return t


def fill(path, victim):
    """The path with the victim's ids."""
    before = path[:path.index("{")]
    assert before in THINGS, f"{path}: say here what its parameter is"
    path = path.replace(path[path.index("{"):path.index("}") + 1], victim.ids[THINGS[before]], 1)
    return path.replace("{version}", "1")


def body_of(method, path):
    """What the document says is a good request."""
    operation = DOCUMENT["paths"][path][method.lower()]
    for content in operation.get("requestBody", {}).get("content", {}).values():
        if "example" in content:
            return content["example"]
        return next(iter(content["examples"].values()))["value"]
    return None


@pytest.mark.parametrize("method, path, scope", [r for r in ROUTES if "{" in r[1] and r[1] not in OPEN])
def test_another_accounts_things_are_not_there(victim, thief, method, path, scope):
    target, body = fill(path, victim)[3:], body_of(method, path)
    for headers in ({}, {"If-Match": "*"}, {"If-Match": '"v1"'}):
        answer = thief.api.call(method, target, body, headers=headers)
        assert answer.status == 404 and answer.json["type"].endswith("/not_found"), (answer, body)
        assert not re.search("victim|" + "|".join(victim.ids.values()), answer.json["detail"])
    # It is there for those to whom it belongs: the test would notice.
    if method == "GET":
        owner = victim.keys if scope == "keys" else victim.api
        assert owner.get(target).status == 200


@pytest.mark.parametrize("method, path, scope", [r for r in ROUTES if "{" not in r[1] and r[0] == "GET" and r[2] != "-"])
def test_lists_have_nothing_of_others(victim, thief, method, path, scope):
    answer = thief.api.get(path[3:] + ("?service=calltracking" if path in ("/v1/webhooks", "/v1/parameters") else ""))
    assert answer.status == 200, answer
    text = answer.body.decode()
    for thing in [*victim.ids.values(), str(victim.number), "victim"]:
        assert thing not in text, path


def test_the_victim_has_noticed_nothing(victim, thief):
    assert victim.read(victim.ids["webhook"])["version"] == 2       # 1, and the secret
    assert [k["label"] for k in victim.keys.get("/keys").json["data"] if k["prefix"] == victim.ids["prefix"]] == ["victim's"]


# ---- the wall behind ----

# What everybody may know.
COMMON = {"migration", "shard_owner", "sender"}


@pytest.fixture
def as_api(stack):
    with psycopg.connect(host=stack.env["PGHOST"], user="callhook_stack_api", dbname="callhook") as c:
        yield c
        c.rollback()


def name_account(connection, account):
    connection.execute("SELECT set_config('callhook.account_id', %s, true)", (str(account.number),))


def tables(stack):
    """(table, the column that leads to the account) of all that the API may read."""
    rows = stack.sql("""SELECT c.relname, array_agg(a.attname::text) FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
        WHERE n.nspname = 'callhook' AND c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND has_table_privilege('callhook_api', c.oid, 'SELECT') GROUP BY 1 ORDER BY 1""")
    return [(t, columns) for t, columns in rows if t not in COMMON]


def owned(columns, account):
    """A condition for the rows that are an account's."""
    if "account_id" in columns:
        return f"account_id = {account.number}"
    if "webhook_id" in columns:
        return f"webhook_id IN ({', '.join(repr(x) + '::uuid' for x in account.hooks)})"
    return None


def test_a_statement_without_account_sees_nothing_of_others(stack, as_api, victim, thief):
    victim.hooks = [victim.ids["webhook"], victim.ids["waiting"]]
    # What failed when this module began may have been given up by now.
    victim.post()
    assert wait_for(lambda: stack.sql("SELECT 1 FROM callhook.outbox WHERE webhook_id = %s AND attempt > 0 LIMIT 1",
                                      victim.ids["waiting"]))
    seen = set()
    for table, columns in tables(stack):
        condition = owned(columns, victim)
        as_api.rollback()
        # Nobody is named: nothing at all.
        assert as_api.execute(f"SELECT count(*) FROM callhook.{table}").fetchone() == (0,), table
        name_account(as_api, thief)
        if condition is None:               # event_key: a hash, which only the ingest may look up
            assert as_api.execute(f"SELECT count(*) FROM callhook.{table}").fetchone() == (0,), table
            continue
        if stack.sql(f"SELECT count(*) FROM callhook.{table} WHERE {condition}")[0][0] > 0:
            seen.add(table)
        assert as_api.execute(f"SELECT count(*) FROM callhook.{table} WHERE {condition}").fetchone() == (0,), table
        as_api.rollback()
        name_account(as_api, victim)
        count = as_api.execute(f"SELECT count(*) FROM callhook.{table} WHERE {condition}").fetchone()[0]
        assert count == stack.sql(f"SELECT count(*) FROM callhook.{table} WHERE {condition}")[0][0], table
    # There was something to be seen.
    assert seen >= {"webhook", "webhook_version", "webhook_stat", "webhook_secret", "api_key", "account",
                    "idempotency", "event", "attempt", "outbox"}


def test_a_statement_without_account_changes_nothing_of_others(stack, as_api, victim, thief):
    before = stack.sql("SELECT id, version, settings, enabled FROM callhook.webhook WHERE account_id = %s ORDER BY id",
                       victim.number)
    for statement, table in [
            ("UPDATE callhook.webhook SET enabled = NOT enabled", "webhook"), ("DELETE FROM callhook.webhook", "webhook"),
            ("DELETE FROM callhook.webhook_stat", "webhook_stat"), ("DELETE FROM callhook.webhook_secret", "webhook_secret"),
            ("UPDATE callhook.api_key SET revoked_at = now()", "api_key"),
            ("UPDATE callhook.account SET account_id = account_id", "account"),
            ("DELETE FROM callhook.idempotency", "idempotency")]:
        as_api.rollback()
        assert as_api.execute(statement).rowcount == 0, statement
        as_api.rollback()
        name_account(as_api, thief)
        own = as_api.execute(f"SELECT count(*) FROM callhook.{table}").fetchone()[0]
        assert as_api.execute(statement).rowcount == own, statement
        as_api.rollback()
    assert stack.sql("SELECT id, version, settings, enabled FROM callhook.webhook WHERE account_id = %s ORDER BY id",
                     victim.number) == before


@pytest.mark.parametrize("statement", [
    "INSERT INTO callhook.webhook (shard, id, account_id, service, events, enabled, version, settings, created_at,"
    " updated_at) VALUES (0, gen_random_uuid(), %s, 0, 1, true, 1, '', now(), now())",
    "INSERT INTO callhook.webhook_version (shard, webhook_id, version, account_id, action, who, at, settings)"
    " VALUES (0, gen_random_uuid(), 1, %s, 'created', '', now(), '')",
    "INSERT INTO callhook.api_key (shard, prefix, sha256, account_id, scopes, label, created_at)"
    " VALUES (0, 'x', '', %s, '{webhooks}', '', now())",
    "INSERT INTO callhook.account (shard, account_id) VALUES (0, %s)",
    "INSERT INTO callhook.idempotency (shard, account_id, key, request, at) VALUES (0, %s, '', '', now())",
    "UPDATE callhook.webhook SET account_id = %s",
])
def test_nothing_can_be_given_to_another_account(as_api, victim, thief, statement):
    for scope in (None, "auth", "events"):
        as_api.rollback()
        if scope:
            as_api.execute("SELECT set_config('callhook.scope', %s, true)", (scope,))
        else:
            name_account(as_api, thief)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            as_api.execute(statement, (victim.number,))
