"""Backlog: is the drain as fast with 10,000,000 owed as with 10,000?"""
import subprocess
import time

import lib
from suites import load


def drain(stack, sink, count):
    """Deliveries/s and CPU of `count` deliveries; what is owed beyond them stays."""
    sink.log.write_text("")
    with lib.running(stack.sender, stderr=subprocess.DEVNULL) as p, lib.Cpu(stack) as cpu:
        deadline = time.monotonic() + 240
        while len(sink.arrivals()) < count and time.monotonic() < deadline:
            time.sleep(0.1)
        rss = lib.peak_rss_kb(p.pid) / 1024
    times = sorted(a[0] for a in sink.arrivals())
    used = cpu.of("callhook-sender", "postgres") / len(times) * 1e6
    # The first tenth is the start.
    times = times[count // 10:count]
    return {"rate": len(times) / max(times[-1] - times[0], 0.001), "cpu_us": used, "rss_mb": rss, "delivered": len(times)}


def run(stack, quick):
    small, large, rounds = (10_000, 500_000, 2) if quick else (10_000, 10_000_000, 4)
    sink = load.Sink()
    got = {small: [], large: []}
    with stack.sender_stopped() as stack.sender, sink.nginx():
        lib.wait_for(sink.port)
        # The large backlog is made once; the small ones stand before and after it.
        for owed, times in ((small, rounds), (large, 2 * rounds), (small, rounds)):
            for i in range(times):
                if owed == small or i == 0:
                    load.clear(stack)
                    load.owe(stack, load.hook(stack, sink.port), owed)
                got[owed].append(drain(stack, sink, small))
    result = {str(k): {m: lib.median([r[m] for r in v]) for m in v[0]} for k, v in got.items()}
    base = result[str(small)]["rate"]
    lib.table(f"drain of {small} deliveries out of …, medians of {2 * rounds}",
              ["owed", "deliveries/s", "ratio", "CPU µs", "RSS MB"],
              [[k, f"{r['rate']:.0f}", f"{r['rate'] / base:.2f}", f"{r['cpu_us']:.0f}", f"{r['rss_mb']:.0f}"]
               for k, r in result.items()])
    return result
