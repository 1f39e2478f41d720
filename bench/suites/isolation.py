"""Isolation: one address hangs with a huge backlog; 99 healthy webhooks take 1,000 deliveries a second beside it."""
import re
import time

import lib
from suites import load

EXPLAIN = """{session};
PREPARE due AS {due};
EXPLAIN (ANALYZE, BUFFERS, COSTS OFF, TIMING OFF) EXECUTE due ({shard}::smallint,
 ARRAY['00000000-0000-0000-0000-000000000000', '{dead}']::uuid[],
 ARRAY['{dead}', 'ffffffff-ffff-ffff-ffff-ffffffffffff']::uuid[], ARRAY[0, 0]::bigint[],
 ARRAY[NULL, NULL]::timestamptz[], ARRAY[NULL, NULL]::uuid[], ARRAY[]::uuid[], 100, 8, 1000);"""


def statement(name):
    text = (lib.ROOT / "sql" / "statements" / f"{name}.sql").read_text()
    return "\n".join(line for line in text.splitlines() if not line.startswith("--"))


def healthy(stack, sink, seconds):
    poster = load.Poster(stack, 1, 10)      # × 99 webhooks
    poster.start()
    time.sleep(seconds)
    poster.stop()
    time.sleep(2)
    return load.latency(poster, sink.arrivals())


def buffers(stack, dead):
    """Pages that reading due work touches while the dead lane is closed."""
    shard = stack.sql(f"SELECT shard FROM callhook.webhook WHERE id = '{dead['id']}'")[0][0]
    rows = stack.sql(EXPLAIN.format(session=statement("sender_session"), due=statement("due"), shard=shard,
                                    dead=dead["id"]))
    plan = "\n".join(" ".join(r) for r in rows)
    return sum(int(n) for n in re.findall(r"(?:hit|read)=(\d+)", plan.split("Buffers:")[1].split("\n")[0]))


def run(stack, quick):
    backlog, seconds = (50_000, 4) if quick else (1_000_000, 40)
    sink, hanging = load.Sink(), load.Hanging()
    hanging.start()
    load.clear(stack)
    for _ in range(99):
        load.hook(stack, sink.port)
    with sink.nginx():
        lib.wait_for(sink.port)
        alone = healthy(stack, sink, seconds)
        dead = load.hook(stack, hanging.port, service="callkeeper", params=[])
        load.owe(stack, dead, backlog)
        time.sleep(5)
        beside = healthy(stack, sink, seconds)
        pages = buffers(stack, dead)
        touched = int(stack.sql(f"SELECT count(*) FROM callhook.attempt WHERE webhook_id = '{dead['id']}'")[0][0])
    lib.table(f"99 healthy webhooks, 990 deliveries/s; {backlog} owed to an address that hangs",
              ["202 → arrival, ms", "p50", "p99", "deliveries"],
              [["without it", f"{alone['p50']:.1f}", f"{alone['p99']:.1f}", alone["n"]],
               ["beside it", f"{beside['p50']:.1f}", f"{beside['p99']:.1f}", beside["n"]]])
    print(f"  p99 × {beside['p99'] / alone['p99']:.2f}; a read of due work touches {pages} pages; "
          f"{touched} attempts were spent on the dead address")
    return {"alone": alone, "beside": beside, "buffers": pages, "attempts_on_dead": touched, "backlog": backlog}
