"""A network namespace in which every address of the world is the machine itself.

The kernel is told that 0.0.0.0/0 and ::/0 are local, so that a connection to any
address, public or not, ends at a listener in the namespace and is written down by
wire.py, while no interface has these addresses and no packet can leave.  So the
sender runs in it with its whole deny list.  PostgreSQL is reached by its Unix
socket, which crosses namespaces."""
import json
import os
import pwd
import shutil
import signal
import subprocess
import sys

from client import Ledger, wait_for

TOOLS = os.path.dirname(os.path.abspath(__file__))
PYTHON = "/usr/bin/python3"
SETUP = """
ip link set lo up
ip route add local 0.0.0.0/0 dev lo
ip -6 route add local ::/0 dev lo
exec sleep 3600
"""


def why_not():
    """Why there can be no island here, or None."""
    if not sys.platform.startswith("linux"):
        return "network namespaces are Linux's"
    for tool in ("unshare", "nsenter", "ip"):
        if shutil.which(tool, path="/usr/sbin:/sbin:" + os.environ["PATH"]) is None:
            return f"there is no {tool}"
    r = subprocess.run([*unshare(), "sh", "-c", "ip link set lo up && ip route add local 0.0.0.0/0 dev lo"
                        " && ip -6 route add local ::/0 dev lo"], capture_output=True, text=True)
    return None if r.returncode == 0 else "no network namespace: " + r.stderr.strip().replace("\n", "; ")


def unshare():
    return ["unshare", "-n"] if os.geteuid() == 0 else ["unshare", "-r", "-n"]


class Island:
    """folder: where ledgers and logs go; made by the caller, like all files in it."""

    def __init__(self, folder):
        self.folder = folder
        self.running = []
        self.holder = subprocess.Popen([*unshare(), "sh", "-ec", SETUP])
        self.running.append(self.holder)
        assert wait_for(lambda: "/0" in self.routes(), 5), "the namespace is not ready"

    def inside(self, *command):
        more = [] if os.geteuid() == 0 else ["-U", "--preserve-credentials"]
        return ["nsenter", "-t", str(self.holder.pid), "-n", *more, *command]

    def routes(self):
        """Of IPv6, which is set up last; "" until then."""
        r = subprocess.run(self.inside("ip", "-6", "route", "show", "table", "local"),
                           capture_output=True, text=True)
        return "::/0" if r.returncode == 0 and "default" in r.stdout else ""

    def path(self, name):
        return os.path.join(self.folder, name)

    def run(self, *command):
        subprocess.run(self.inside(*command), check=True, timeout=10)

    def start(self, *command, log=None, **kw):
        with open(log or os.devnull, "ab") as f:
            p = subprocess.Popen(self.inside(*command), stdin=subprocess.DEVNULL, stdout=f, stderr=f, cwd="/", **kw)
        self.running.append(p)
        return p

    def stop(self, process):
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self.running.remove(process)

    def watch(self):
        """Starts to write down connections."""
        self.wire = self.start(PYTHON, os.path.join(TOOLS, "wire.py"), "--log", self.path("wire.jsonl"))
        assert wait_for(self.lines, 5), "wire.py does not start"

    def lines(self):
        try:
            with open(self.path("wire.jsonl"), encoding="ascii") as f:
                return [json.loads(x) for x in f.read().splitlines()]
        except FileNotFoundError:
            return []

    def tried(self):
        """{(address, port)} of all connections so far."""
        return {(x["to"], x["port"]) for x in self.lines() if "to" in x}

    def dropped(self):
        """Ends the watch: how many packets were not seen?"""
        self.stop(self.wire)
        return self.lines()[-1]["dropped"]

    def dns(self, table, port):
        with open(self.path("dns.json"), "w", encoding="utf-8") as f:
            json.dump(table, f)
        self.start(PYTHON, os.path.join(TOOLS, "dns.py"), "--port", str(port), "--table", self.path("dns.json"),
                   "--log", self.path("dns.jsonl"), "--port-file", self.path("dns.port"))
        assert wait_for(lambda: os.path.exists(self.path("dns.port")), 5), "dns.py does not start"

    def asked(self):
        """Every query so far."""
        with open(self.path("dns.jsonl"), encoding="utf-8") as f:
            return [json.loads(x) for x in f.read().splitlines()]

    def receiver(self, port, *more):
        """A receiver on every address at this port; returns its ledger."""
        ledger = self.path(f"ledger.{port}")
        ready = self.path(f"port.{port}")
        self.start(PYTHON, os.path.join(TOOLS, "receiver.py"), "--host", "::", "--port", str(port),
                   "--ledger", ledger, "--port-file", ready, *more)
        assert wait_for(lambda: os.path.exists(ready), 5), f"no receiver at {port}"
        return Ledger(ledger)

    def sender(self, stack, **environ):
        """The stack's sender, but in here; the stack's own must not run."""
        user = stack.env["CALLHOOK_RUN_USER"]
        who = []
        if os.geteuid() == 0 and user != "root":
            who = ["setpriv", "--reuid", user, "--regid", str(pwd.getpwnam(user).pw_gid), "--init-groups"]
        return self.start(*who, os.path.join(stack.data, "bin", "callhook-sender"), "-c",
                          stack.env["CALLHOOK_CONFIG"], log=self.path("sender.log"),
                          env={**os.environ, **environ})

    def close(self):
        for p in reversed(self.running):
            p.terminate()
        for p in self.running:
            try:
                p.wait(10)
            except subprocess.TimeoutExpired:
                p.kill()
                p.wait()
