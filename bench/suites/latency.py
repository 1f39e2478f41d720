"""Latency: from the 202 to the arrival at the receiver when nothing else goes on, 50 calls a second."""
import json
import socket
import statistics
import threading
import time
import urllib.request

import lib


class Sink(threading.Thread):
    """A receiver that notes when each call arrived (monotonic clock)."""

    def __init__(self):
        super().__init__(daemon=True)
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        self.arrived = {}

    def run(self):
        while True:
            connection, _ = self.listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        data = b""
        while piece := connection.recv(65536):
            data += piece
            while b"\r\n\r\n" in data:
                head, _, data = data.partition(b"\r\n\r\n")
                call = [line for line in head.split(b"\r\n") if line.lower().startswith(b"x-ckct-call-id:")]
                self.arrived[call[0].split(b":", 1)[1].strip().decode()] = time.monotonic()
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def run(stack, quick):
    count = 200 if quick else 1500
    sink = Sink()
    sink.start()
    stack.sql("DELETE FROM callhook.webhook; DELETE FROM callhook.outbox")
    stack.webhook(service="calltracking", origin=f"http://127.0.0.1:{sink.port}", path="in", method="GET",
                  events=["call_end"], params=[{"name": "phone", "value": "client_number"}])
    answered, posted = {}, []
    data = json.loads((lib.ROOT / "tests/fixtures/ct_end.json").read_text())
    for i in range(count):
        call = f"latency-{i}-{time.time_ns()}"
        request = urllib.request.Request(stack.env["CALLHOOK_URL"] + "/events", method="POST", headers={
            "Authorization": f"Bearer {stack.env['CALLHOOK_INGEST_KEY']}", "Content-Type": "application/json"},
            data=json.dumps({"account_id": int(stack.env["CALLHOOK_ACCOUNT_ID"]), "service": "calltracking",
                             "event": "call_end", "call_id": call, "data": data}).encode())
        begun = time.monotonic()
        urllib.request.urlopen(request, timeout=10).read()
        answered[call] = time.monotonic()
        posted.append((answered[call] - begun) * 1e3)
        time.sleep(max(0, 0.02 - (time.monotonic() - begun)))
    time.sleep(1)
    arrival = sorted((sink.arrived[c] - t) * 1e3 for c, t in answered.items() if c in sink.arrived)
    posted.sort()
    result = {"posted": quantiles(posted), "arrival": quantiles(arrival), "missing": count - len(arrival)}
    lib.table(f"{count} calls, 50 a second", ["ms", "p50", "p90", "p99", "max"],
              [["post → 202", *[f"{v:.2f}" for v in result["posted"].values()]],
               ["202 → arrival", *[f"{v:.2f}" for v in result["arrival"].values()]]])
    if result["missing"]:
        print(f"  {result['missing']} did not arrive")
    return result


def quantiles(values):
    cuts = statistics.quantiles(values, n=100)
    return {"p50": cuts[49], "p90": cuts[89], "p99": cuts[98], "max": values[-1]}
