"""Every statement stays within its shard: each table that it names is pinned to one shard,
by a parameter, by the constant 0, or by another table that is.  Only then can the schema be
distributed (sql/citus.sql), and only then does one index probe lead to the rows.  Those that
do not are listed here with the reason; one that has learned to stay must leave the list."""
import glob
import os
import re

import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
STATEMENTS = sorted(glob.glob(os.path.join(TOP, "sql", "statements", "*.sql")))

SPANS = {
    "event_key_insert": "a batch of the ingest; event_key_insert_one is its form for one shard",
    "event_key_find": "a batch of the ingest; event_key_find_one is its form for one shard",
    "event_ended": "a batch of the ingest; event_ended_one is its form for one shard",
    "event_targets": "a batch of the ingest; event_targets_one is its form for one shard",
    "event_insert": "a batch of the ingest; event_insert_one is its form for one shard",
    "outbox_insert": "a batch of the ingest; outbox_insert_one is its form for one shard",
    "account_rates": "all accounts with a rate of their own, every ten seconds",
    "due_shards": "one look for all shards of a sender, without joins: each part is sent to its shard",
    "account_rates": "the few accounts with a rate of their own, read by each worker once in a while",
    "event_default_trim": "maintenance, once a day",
    "attempt_default_trim": "maintenance, once a day",
}

WORD = r"[a-z_][a-z0-9_]*"
KEYWORDS = {"where", "on", "join", "left", "cross", "inner", "set", "values", "select", "using", "order", "group",
            "limit", "returning", "as", "for", "union", "from", "offset"}


def text(path):
    with open(path) as f:
        lines = [line.split("--")[0] for line in f]
    return re.sub(r"\s+", " ", " ".join(lines)).strip().lower()


def tables(sql):
    """(table, name by which the statement calls it, is it the target of an INSERT)"""
    for m in re.finditer(rf"(\w+) callhook\.({WORD})( (?:as )?({WORD}))?", sql):
        name = m.group(4) if m.group(4) and m.group(4) not in KEYWORDS else m.group(2)
        if m.group(1) != "local" and (sql[m.end(2):m.end(2) + 1] != "(" or m.group(1) == "into"):
            yield m.group(2), name, m.group(1) == "into"


def pinned(sql):
    """The names that a condition ties to one shard, directly or through others."""
    names = {m.group(1) or m.group(2) for m in re.finditer(
        rf"(?:({WORD})\.)?(?<!\w)shard = (?:\$\d+|0)(?!\w)(?!::smallint\[)()", sql)}
    if re.search(r"(?<![\w.])shard = (?:\$\d+|0)(?!\w)", sql):
        names.add(None)
    pairs = re.findall(rf"({WORD})\.shard = ({WORD})\.shard", sql)
    for _ in pairs:
        for a, b in pairs:
            if a in names or b in names:
                names |= {a, b}
    return names


def inserted_shard(sql):
    """What the first INSERT puts into its column shard, which stands first."""
    m = re.search(rf"insert into callhook\.{WORD}(?: as {WORD})? \( ?shard,[^)]*\) (?:values \( ?|select )([\w.$]+)", sql)
    return m.group(1) if m else None


def ctes(sql):
    """What the statement calls its WITH queries; the tables within are looked at by themselves."""
    names = set(re.findall(rf"(?:with|,) (?:recursive )?({WORD}) as (?:materialized )?\(", sql))
    return names | {a for n, a in re.findall(rf"from ({WORD}) (?:as )?({WORD})", sql) if n in names}


def strays(sql):
    names = pinned(sql)
    listed = list(tables(sql))
    bare = None in names
    for table, name, target in listed:
        if target:
            source = inserted_shard(sql)
            if source is None:
                yield table
            elif re.fullmatch(r"\$\d+|0", source):
                continue
            elif source.split(".")[0] not in names | ctes(sql) and not (source == "shard" and bare):
                yield table
        elif name not in names and not (bare and sum(1 for t in listed if not t[2]) == 1):
            yield table


def test_the_test_sees_strays():
    for bad in ("select 1 from callhook.webhook w where w.id = $1",
                "select 1 from callhook.webhook w where w.shard = any ($1::smallint[])",
                "select 1 from callhook.event e join callhook.webhook w on w.id = e.id where e.shard = $1",
                "delete from callhook.outbox where id = $2",
                "insert into callhook.outbox (shard, id) select u.shard, u.id from unnest($1::smallint[]) as u (shard)",
                "update callhook.outbox o set due = $1 from callhook.shard_owner s where s.shard = $1"):
        assert list(strays(bad)), bad
    for good in ("select 1 from callhook.webhook w where w.shard = $1 and w.id = $2",
                 "delete from callhook.outbox where shard = $1 and id = $2",
                 "insert into callhook.sender (shard, id) values (0, $1)",
                 "update callhook.outbox o set due = $1 from callhook.shard_owner s where s.shard = $1 and o.shard = s.shard"):
        assert not list(strays(good)), good


@pytest.mark.parametrize("path", STATEMENTS, ids=lambda p: os.path.basename(p)[:-4])
def test_statement_stays_in_its_shard(path):
    name = os.path.basename(path)[:-4]
    lost = sorted(set(strays(text(path))))
    if name in SPANS:
        assert lost, f"{name} stays in its shard: take it off the list ({SPANS[name]})"
    else:
        assert not lost, f"{name}: nothing ties {', '.join(lost)} to one shard"


def test_what_the_list_promises_is_there():
    names = {os.path.basename(p)[:-4] for p in STATEMENTS}
    assert set(SPANS) <= names
    for reason in SPANS.values():
        for other in re.findall(rf"({WORD}_one)\b", reason):
            assert other in names, other


def test_nothing_volatile_and_no_sequence():
    """Citus refuses them in distributed writes; ids, jitter and times are parameters."""
    for path in STATEMENTS:
        sql = text(path)
        if re.search(r"(insert into|update|delete from) callhook\.", sql):
            for word in ("gen_random_uuid", "random()", "clock_timestamp", "nextval", "statement_timestamp"):
                assert word not in sql, f"{os.path.basename(path)}: {word}"
