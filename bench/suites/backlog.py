"""Backlog: is the drain as fast with 10,000,000 owed as with 10,000?"""
import subprocess
import time

import lib
from suites import load


def drain(stack, sink, owed, count):
    """Deliveries/s over `count` of the `owed`."""
    load.clear(stack)
    load.owe(stack, load.hook(stack, sink.port), owed)
    sink.log.write_text("")
    with lib.running(stack.sender, stderr=subprocess.DEVNULL) as p:
        deadline = time.monotonic() + 240
        while len(sink.arrivals()) < count and time.monotonic() < deadline:
            time.sleep(0.2)
        rss = lib.peak_rss_kb(p.pid) / 1024
    times = sorted(a[0] for a in sink.arrivals())[:count]
    # The first tenth is the start.
    times = times[len(times) // 10:]
    return {"rate": len(times) / max(times[-1] - times[0], 0.001), "rss_mb": rss, "delivered": len(times)}


def run(stack, quick):
    small, large, rounds = (10_000, 500_000, 1) if quick else (10_000, 10_000_000, 2)
    sink = load.Sink()
    got = {small: [], large: []}
    with stack.sender_stopped() as stack.sender, sink.nginx():
        lib.wait_for(sink.port)
        for _ in range(rounds):
            for owed in got:
                got[owed].append(drain(stack, sink, owed, small))
    result = {str(k): {m: lib.median([r[m] for r in v]) for m in v[0]} for k, v in got.items()}
    base = result[str(small)]["rate"]
    lib.table(f"drain of {small} deliveries out of …", ["owed", "deliveries/s", "ratio", "RSS MB"],
              [[k, f"{r['rate']:.0f}", f"{r['rate'] / base:.2f}", f"{r['rss_mb']:.0f}"] for k, r in result.items()])
    return result
