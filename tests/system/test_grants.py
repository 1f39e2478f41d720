"""What the two roles of the programs may do is what their statements do, table by table and column by column,
and nothing besides: a program that was taken over, or a statement that is wrong, cannot do more."""
import glob
import os
import re

import psycopg
import pytest

from client import wait_for
from test_statements import STATEMENTS, TOP, WORD, text

ROLES = {"callhook_api": "api", "callhook_sender": "sender"}
VERBS = ("INSERT", "UPDATE", "DELETE", "SELECT")


def statements(room):
    """The SQL of what the room's sources name; core's too, which all programs have."""
    source = ""
    for path in glob.glob(os.path.join(TOP, "src", room, "*.c")) + glob.glob(os.path.join(TOP, "src", "core", "*.c")):
        with open(path, encoding="utf-8") as f:
            source += f.read()
    named = set(re.findall(r"\bsql_([a-z_]+)", source))
    return {os.path.basename(p)[:-4]: whole(p) for p in STATEMENTS if os.path.basename(p)[:-4] in named}


def whole(path):
    """With the parts that it takes in."""
    with open(path, encoding="utf-8") as f:
        parts = re.findall(r"-- include (\w+)", f.read())
    return " ".join([text(path)] + [text(os.path.join(TOP, "sql", "parts", p + ".sql")) for p in parts])


def assigned(sql):
    """The columns of a SET list, which ends with the statement or at the next clause."""
    columns, depth, item = set(), 0, ""
    for word in re.findall(r"[()\[\],]|[^()\[\],\s]+", sql) + [","]:
        if depth == 0 and word in ("where", "from", "returning", ")", ","):
            columns.add(item.partition("=")[0].strip())
            item = ""
            if word != ",":
                break
            continue
        depth += (word in "([") - (word in ")]")
        item += " " + word
    return columns - {""}


def needs(sql):
    """(table, verb, columns) of a statement"""
    for m in re.finditer(rf"insert into callhook\.({WORD})(?: as {WORD})?", sql):
        yield m[1], "INSERT", set()
        rest = sql[m.end():]
        update = re.search(r"on conflict [^;]*? do update set ", rest)
        if update:
            yield m[1], "UPDATE", assigned(rest[update.end():])
    for m in re.finditer(rf"update callhook\.({WORD})(?: (?:as )?{WORD})? set ", sql):
        yield m[1], "UPDATE", assigned(sql[m.end():])
    for m in re.finditer(rf"delete from callhook\.({WORD})", sql):
        yield m[1], "DELETE", set()
    for m in re.finditer(rf"callhook\.({WORD})", sql):
        yield m[1], "SELECT", set()


def test_the_test_reads_statements():
    sql = ("with a as (update callhook.x o set due = greatest($1, o.due), n = o.n + 1 from callhook.y y where o.id = y.id returning 1)"
           " insert into callhook.z as z (a, b) select 1, 2 on conflict (a) do update set b = array[1, 2], c = (select 3) where z.d")
    found = list(needs(sql))
    assert ("x", "UPDATE", {"due", "n"}) in found and ("z", "INSERT", set()) in found and ("z", "UPDATE", {"b", "c"}) in found
    assert {t for t, verb, _ in found if verb == "SELECT"} == {"x", "y", "z"}
    assert ("w", "DELETE", set()) in needs("delete from callhook.w where id = $1")


@pytest.fixture(scope="module")
def columns(stack):
    """The columns of every table, view, sequence and partition of the schema."""
    found = {}
    for name, column in stack.sql("SELECT c.relname::text, a.attname::text FROM pg_class c JOIN pg_attribute a ON"
                                  " a.attrelid = c.oid AND a.attnum > 0 WHERE c.relnamespace = 'callhook'::regnamespace"
                                  " AND c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')"):
        found.setdefault(name, set()).add(column)
    assert {"webhook", "event", "event_default", "outbox"} <= set(found)
    return found


@pytest.mark.parametrize("role", sorted(ROLES))
def test_grants_are_what_the_statements_need(stack, columns, role):
    needed = {t: {v: set() for v in VERBS} for t in columns}
    for name, sql in statements(ROLES[role]).items():
        for table, verb, changed in needs(sql):
            if table in columns:
                needed[table][verb] |= changed or columns[table]
    assert needed["outbox"]["INSERT"] and not needed["event_default"]["SELECT"]
    too_much, missing = [], []
    for table, verbs in needed.items():
        for verb, wanted in verbs.items():
            if verb == "DELETE":
                has, = stack.sql("SELECT has_table_privilege(%s, 'callhook.' || %s, 'DELETE')", role, table)[0]
                has = columns[table] if has else set()
            else:
                has = {r[0] for r in stack.sql(
                    "SELECT a FROM unnest(%s::text[]) a WHERE has_column_privilege(%s, 'callhook.' || %s, a, %s)",
                    list(columns[table]), role, table, verb)}
            if has - wanted and not (verb == "INSERT" and wanted):
                too_much.append((table, verb, sorted(has - wanted)))
            if wanted - has and verb in ("DELETE", "UPDATE"):
                missing.append((table, verb, sorted(wanted - has)))
    assert not missing
    assert not too_much
    for verb in ("TRUNCATE", "REFERENCES", "TRIGGER"):
        assert stack.sql("SELECT relname FROM pg_class WHERE relnamespace = 'callhook'::regnamespace AND relkind IN ('r', 'p')"
                         " AND has_table_privilege(%s, oid, %s)", role, verb) == []


def test_roles_can_do_nothing_else(stack):
    """No way to more rights: attributes, memberships, ownership, functions with the rights of others, PUBLIC."""
    for name, *rights in stack.sql("SELECT rolname::text, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls"
                                   " FROM pg_roles WHERE rolname LIKE 'callhook%'"):
        assert not any(rights), name
    members = {(m, g) for m, g in stack.sql(
        "SELECT m.rolname::text, g.rolname::text FROM pg_auth_members a JOIN pg_roles m ON m.oid = a.member"
        " JOIN pg_roles g ON g.oid = a.roleid WHERE m.rolname LIKE 'callhook%'")}
    assert members == {("callhook_stack_api", "callhook_api"), ("callhook_stack_sender", "callhook_sender")}
    assert stack.sql("SELECT proname FROM pg_proc WHERE pronamespace = 'callhook'::regnamespace AND prosecdef") == []
    assert stack.sql("SELECT relname::text FROM pg_class WHERE relnamespace = 'callhook'::regnamespace"
                     " AND pg_get_userbyid(relowner) <> 'callhook_owner'") == []
    assert stack.sql("SELECT c.relname::text FROM pg_class c, aclexplode(c.relacl) x WHERE"
                     " c.relnamespace = 'callhook'::regnamespace AND x.grantee = 0") == []
    for role in ROLES:
        for schema in ("callhook", "public"):
            assert stack.sql("SELECT has_schema_privilege(%s, %s, 'CREATE')", role, schema) == [(False,)], schema
        assert stack.sql("SELECT has_database_privilege(%s, current_database(), 'CREATE')", role) == [(False,)]


def test_every_table_with_an_account_is_behind_the_wall(stack):
    """… and it holds for the owner too."""
    loose = stack.sql("SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = 'callhook'::regnamespace AND c.relkind IN"
                      " ('r', 'p') AND NOT c.relispartition AND NOT (c.relrowsecurity AND c.relforcerowsecurity)")
    assert sorted(x for x, in loose) == ["migration", "sender", "shard_owner"]


ATTEMPTS = [
    "SELECT count(*) FROM callhook.event_default", "SELECT count(*) FROM callhook.attempt_default", "TRUNCATE callhook.outbox",
    "ALTER TABLE callhook.webhook DISABLE ROW LEVEL SECURITY", "DROP POLICY account ON callhook.webhook",
    "CREATE POLICY mine ON callhook.webhook USING (true)", "GRANT SELECT ON callhook.event_default TO PUBLIC",
    "SET ROLE callhook_owner", "SET SESSION AUTHORIZATION postgres", "ALTER ROLE CURRENT_USER BYPASSRLS",
    "SELECT callhook.partition_make('event', '2030-01-01', gen_random_uuid(), gen_random_uuid())",
    "DROP TABLE callhook.event_default",
    "CREATE VIEW callhook.seen AS SELECT * FROM callhook.webhook", "CREATE FUNCTION callhook.f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE TABLE public.t (a int)", "COPY callhook.webhook TO PROGRAM 'id'", "COPY callhook.webhook TO '/tmp/x'",
    "SELECT pg_read_file('/etc/passwd')", "LOAD 'auto_explain'",
    "UPDATE callhook.api_key SET scopes = '{keys}'", "UPDATE callhook.api_key SET account_id = 1", "DELETE FROM callhook.api_key",
    "UPDATE callhook.outbox SET webhook_id = gen_random_uuid()", "UPDATE callhook.event SET data = ''", "DELETE FROM callhook.event",
    "DELETE FROM callhook.attempt", "UPDATE callhook.attempt SET outcome = ''", "DELETE FROM callhook.webhook_version",
    "UPDATE callhook.webhook_version SET who = ''", "UPDATE callhook.webhook_secret SET sealed = ''",
    "INSERT INTO callhook.api_key (shard, prefix, sha256, scopes, label, created_at) VALUES (0, 'x', '', '{events}', '', now())",
    "UPDATE callhook.webhook SET account_id = 1", "UPDATE callhook.migration SET number = 99", "UPDATE callhook.recovery SET webhook_id = id",
]


@pytest.mark.parametrize("login", ["callhook_stack_api", "callhook_stack_sender"])
@pytest.mark.parametrize("statement", ATTEMPTS)
def test_by_hand(stack, login, statement):
    with psycopg.connect(host=stack.env["PGHOST"], user=login, dbname="callhook", autocommit=True) as c:
        with pytest.raises(psycopg.Error) as refused:
            c.execute(statement)
    # 42501: not allowed; 22023: SET ROLE to what it is no member of, by older servers.
    assert refused.value.sqlstate in ("42501", "22023"), refused.value


@pytest.mark.parametrize("table", ["api_key", "account", "idempotency"])
def test_the_sender_reads_no_keys_and_no_answers(stack, table):
    with psycopg.connect(host=stack.env["PGHOST"], user="callhook_stack_sender", dbname="callhook") as c:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            c.execute(f"SELECT count(*) FROM callhook.{table}")


def test_a_webhook_cannot_be_adopted(stack, account):
    """Whose a webhook is says its first version: another row about it, written by another account, shows nothing."""
    hook = account.webhook("status/500/adopted")["id"]
    assert account.api.post(f"/webhooks/{hook}/secret", {}).status == 201
    account.post()
    assert wait_for(lambda: stack.attempts(hook))
    shard, = stack.sql("SELECT shard FROM callhook.webhook WHERE id = %s", hook)[0]
    thief = stack.account()
    seen = [f"SELECT count(*) FROM callhook.{t} WHERE webhook_id = %s" for t in ("webhook_secret", "attempt", "outbox")]
    with psycopg.connect(host=stack.env["PGHOST"], user="callhook_stack_api", dbname="callhook") as c:
        for who, sees in ((account, True), (thief, False)):
            c.execute("SELECT set_config('callhook.account_id', %s, true)", (str(who.number),))
            c.execute("INSERT INTO callhook.webhook_version (shard, webhook_id, version, account_id, action, who, at, settings)"
                      " VALUES (%s, %s, 999, %s, 'changed', '', now(), '')", (shard, hook, who.number))
            assert [bool(c.execute(q, (hook,)).fetchone()[0]) for q in seen[:2]] == [sees] * 2
            assert sees or c.execute(seen[2], (hook,)).fetchone() == (0,)
            c.rollback()
            c.execute("SELECT set_config('callhook.account_id', %s, true)", (str(thief.number),))
            with pytest.raises(psycopg.Error):
                c.execute("INSERT INTO callhook.webhook_version (shard, webhook_id, version, account_id, action, who, at, settings)"
                          " VALUES (%s, %s, 1, %s, 'created', '', now(), '')", (shard, hook, thief.number))
            c.rollback()
