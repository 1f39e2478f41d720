"""Recovery: kill -9 of the sender under load; how long until deliveries go on, what comes twice, what is lost."""
import signal
import statistics
import subprocess
import time

import lib
from suites import load


def run(stack, quick):
    kills = 3 if quick else 20
    sink = load.Sink()
    load.clear(stack)
    load.hook(stack, sink.port)
    outages = []
    with stack.sender_stopped() as command, sink.nginx():
        lib.wait_for(sink.port)
        poster = load.Poster(stack, 25, 20)
        poster.start()
        for _ in range(kills):
            p = subprocess.Popen(command, stderr=subprocess.DEVNULL)
            time.sleep(2)
            started = time.time()
            p.send_signal(signal.SIGKILL)
            p.wait()
            outages.append(started)
        with lib.running(command, stderr=subprocess.DEVNULL):
            time.sleep(2)
            poster.stop()
            deadline = time.monotonic() + 30
            while int(stack.sql("SELECT count(*) FROM callhook.outbox")[0][0]) > 0 and time.monotonic() < deadline:
                time.sleep(0.2)
    arrivals = sorted(sink.arrivals())
    gaps = sorted(next(a[0] for a in arrivals if a[0] > t) - t for t in outages)
    ids = [a[2] for a in arrivals]
    lost = len(set(poster.posted) - {a[1] for a in arrivals})
    twice = len(ids) - len(set(ids))
    lib.table(f"{kills} × kill -9 at 500 deliveries/s, started again at once",
              ["", "median s", "worst s", "accepted", "came twice", "lost"],
              [["until deliveries go on", f"{statistics.median(gaps):.2f}", f"{gaps[-1]:.2f}", len(poster.posted),
                twice, lost]])
    return {"median_s": statistics.median(gaps), "worst_s": gaps[-1], "accepted": len(poster.posted),
            "duplicates": twice, "lost": lost, "kills": kills}
