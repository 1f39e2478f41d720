"""xmin: an old transaction is held open while 800 deliveries a second go through; dead rows cannot be removed."""
import subprocess
import time

import lib
from suites import load


def run(stack, quick):
    seconds = 10 if quick else 180
    sink = load.Sink()
    load.clear(stack)
    load.hook(stack, sink.port)
    with sink.nginx():
        lib.wait_for(sink.port)
        poster = load.Poster(stack, 40, 20)
        poster.start()
        time.sleep(seconds / 6)
        before = time.time()
        holder = subprocess.Popen(["psql", "-Xq", stack.conninfo()], stdin=subprocess.PIPE,
                                  stdout=subprocess.DEVNULL, text=True)
        holder.stdin.write("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM callhook.outbox;\n")
        holder.stdin.flush()
        time.sleep(seconds)
        held = time.time()
        poster.stop()
        time.sleep(1)
        dead = int(stack.sql("SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'outbox'")[0][0])
        holder.stdin.write("ROLLBACK;\n\\q\n")
        holder.stdin.close()
        holder.wait(10)
    arrivals = sink.arrivals()
    free = load.latency(poster, [a for a in arrivals if a[0] < before])
    late = load.latency(poster, arrivals, held - seconds / 6)
    rate = {"free": sum(1 for a in arrivals if before - seconds / 6 + 1 <= a[0] < before) / (seconds / 6 - 1),
            "held": sum(1 for a in arrivals if held - seconds / 6 <= a[0] < held) / (seconds / 6)}
    lib.table(f"800 deliveries/s, an old transaction held for {seconds} s ({dead} dead rows at its end)",
              ["", "deliveries/s", "p50 ms", "p99 ms"],
              [["before it", f"{rate['free']:.0f}", f"{free['p50']:.1f}", f"{free['p99']:.1f}"],
               ["its last sixth", f"{rate['held']:.0f}", f"{late['p50']:.1f}", f"{late['p99']:.1f}"]])
    print(f"  throughput × {rate['held'] / rate['free']:.2f}")
    return {"free": {**free, "rate": rate["free"]}, "held": {**late, "rate": rate["held"]}, "dead_rows": dead}
