"""What the suites share: a private stack, load, CPU by process, tables, results."""
import contextlib
import json
import os
import pathlib
import platform
import re
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
BENCH = ROOT / "bench"
TICKS = os.sysconf("SC_CLK_TCK")


def median(values):
    return statistics.median(values)


def spread(values):
    """Median, least and most."""
    return {"median": median(values), "least": min(values), "most": max(values), "n": len(values)}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Stack:
    """`./demo --up` in a folder of its own, and the same PostgreSQL for the peers."""

    def __init__(self, **settings):
        """settings: section_name=value, put into its configuration."""
        self.settings = "\n".join(f"{name.replace('_', '.', 1)}={value}" for name, value in settings.items())
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="callhook-bench-"))
        os.chmod(self.dir, 0o755)
        self.port = free_port()
        self.env = {}

    def __enter__(self):
        subprocess.run([ROOT / "demo", "--up", "--dir", self.dir, "--port", str(self.port)],
                       check=True, stdout=subprocess.DEVNULL, env={**os.environ, "CALLHOOK_SETTINGS": self.settings})
        text = subprocess.run(["sh", "-c", f'set -a; . "{self.dir}/env"; env -0'], check=True,
                              capture_output=True, text=True).stdout
        self.env = dict(line.split("=", 1) for line in text.split("\0") if "=" in line)
        for name in ("PGHOST", "PGPORT", "PGUSER", "PGDATABASE"):
            os.environ[name] = self.env[name]
        return self

    def __exit__(self, *_):
        subprocess.run([ROOT / "demo", "--down", "--dir", self.dir], check=False)
        shutil.rmtree(self.dir, ignore_errors=True)

    def conninfo(self, database=None):
        e = self.env
        return (f"host={e['PGHOST']} port={e['PGPORT']} user={e['PGUSER']} "
                f"dbname={database or e['PGDATABASE']}")

    def sql(self, text, database=None):
        """Runs SQL as superuser; returns rows as lists of strings."""
        out = subprocess.run(["psql", "-XqAt", "-F", "\t", "-v", "ON_ERROR_STOP=1",
                              self.conninfo(database)], input=text, check=True,
                             capture_output=True, text=True).stdout
        return [line.split("\t") for line in out.splitlines()]

    def configure(self, section, **settings):
        """Changes settings and has callhook-api read them again."""
        path = pathlib.Path(self.env["CALLHOOK_CONFIG"])
        text = path.read_text()
        for name, value in settings.items():
            pattern = rf"(?ms)(^\[{section}\]\n(?:(?!^\[).)*?)^{name}\s*=[^\n]*$"
            text, n = re.subn(pattern, rf"\g<1>{name} = {value}", text)
            if n == 0:
                text = re.sub(rf"(?m)^\[{section}\]$", f"[{section}]\n{name} = {value}", text)
        path.write_text(text)
        os.kill(self.pid("api"), signal.SIGHUP)
        time.sleep(1.5)

    def pid(self, which):
        return int(self.env[f"CALLHOOK_{which.upper()}_PID"])

    def pids(self):
        """Its daemons; what they have forked is below them."""
        found = {self.pid("api"), self.pid("sender")}
        for path in [*self.dir.glob("data/pid/*"), self.dir / "data" / "pg" / "postmaster.pid"]:
            with contextlib.suppress(ValueError, IndexError, OSError):
                found.add(int(path.read_text().split()[0]))
        return found

    @contextlib.contextmanager
    def sender_stopped(self):
        """The stack's sender is stopped; yields the command that starts one like it."""
        pid = self.pid("sender")
        command = [os.readlink(f"/proc/{pid}/exe"), "--config", self.env["CALLHOOK_CONFIG"]]
        if os.getuid() == 0:
            owner = os.stat(f"/proc/{pid}")
            command = ["setpriv", f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}", "--clear-groups", *command]
        os.kill(self.pid("sender"), signal.SIGTERM)
        deadline = time.monotonic() + 40
        while os.path.exists(f"/proc/{self.pid('sender')}/exe") and time.monotonic() < deadline:
            time.sleep(0.1)
        yield command

    def webhook(self, **settings):
        """Creates a webhook of the demo's account; returns it."""
        return self.call("POST", "/webhooks", settings, self.env["CALLHOOK_ACCOUNT_KEY"])

    def call(self, method, path, body, key):
        request = urllib.request.Request(self.env["CALLHOOK_URL"] + path, method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={"Authorization": f"Bearer {key}",
                                                  "Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                text = answer.read()
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{method} {path}: {error.code} {error.read().decode()}") from error
        return json.loads(text) if text else None


def processes():
    """pid → (command, CPU seconds, parent); a parent's are those of its reaped children too."""
    found = {}
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            stat = pathlib.Path(f"/proc/{entry}/stat").read_text()
        except OSError:
            continue
        name = stat[stat.index("(") + 1:stat.rindex(")")]
        fields = stat[stat.rindex(")") + 2:].split()
        found[int(entry)] = (name, sum(map(int, fields[11:15])) / TICKS, int(fields[1]))
    return found


class Cpu:
    """CPU seconds by name of process while the block runs: of what this program has started, and of the stack."""

    def __init__(self, stack=None):
        self.roots = {os.getpid()} | (stack.pids() if stack else set())

    def _ours(self, all_of_them):
        def is_ours(pid):
            while pid in all_of_them and pid not in self.roots:
                pid = all_of_them[pid][2]
            return pid in self.roots
        return {pid: p for pid, p in all_of_them.items() if is_ours(pid)}

    def __enter__(self):
        self.before = processes()
        self.started = time.monotonic()
        return self

    def __exit__(self, *_):
        self.seconds = time.monotonic() - self.started
        self.by_name = {}
        for pid, (name, cpu, _parent) in self._ours(processes()).items():
            used = cpu - self.before.get(pid, (name, 0))[1]
            name = re.sub(r"/\d+$", "", name)        # callhook-api/1, /2 …
            if used > 0:
                self.by_name[name] = self.by_name.get(name, 0) + used

    def of(self, *prefixes):
        return sum(v for k, v in self.by_name.items() if k.startswith(prefixes))


def peak_rss_kb(pid):
    with contextlib.suppress(OSError):
        return int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])
    return 0


def wrk(url, connections, seconds, script, key="", env=None):
    """One run of wrk: requests/s, p50 and p99 in ms, errors."""
    command = ["wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds}s", "--timeout", "10s",
               "--latency", "-s", str(script), url]
    out = subprocess.run(command, check=True, capture_output=True, text=True,
                         env={**os.environ, "BENCH_KEY": key, **(env or {})}).stdout
    unit = {"us": 1e-3, "ms": 1.0, "s": 1e3}

    def ms(which):
        m = re.search(rf"^\s+{which}%\s+([\d.]+)(us|ms|s)", out, re.M)
        return float(m[1]) * unit[m[2]]

    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", out)
    return {"rate": float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]),
            "p50": ms("50"), "p99": ms("99"),
            "requests": int(re.search(r"(\d+) requests in", out)[1]),
            "errors": (int(bad[1]) if bad else 0) + (sum(map(int, errors.groups())) if errors else 0)}


def offer(url, key, data, rate, seconds, connections):
    """An open load of `rate` events a second (peers/offer.c): answers by kind, times from when each was due."""
    port, path = re.match(r"http://[^:]+:(\d+)(/.*)", url).groups()
    out = subprocess.run([build_peer("offer", []), port, path, key, data, str(rate), str(seconds), str(connections)],
                         check=True, capture_output=True, text=True).stdout
    return json.loads(out)


def workers_mb(stack):
    """RSS of the API's workers in MB, largest first."""
    found = []
    for pid, (_name, _cpu, parent) in processes().items():
        if parent == stack.pid("api"):
            with contextlib.suppress(OSError, TypeError):
                text = pathlib.Path(f"/proc/{pid}/status").read_text()
                found.append(int(re.search(r"VmRSS:\s+(\d+)", text)[1]) / 1024)
    return sorted(found, reverse=True)


def table(title, header, rows):
    rows = [[str(c) for c in row] for row in rows]
    widths = [max(len(r[i]) for r in [header, *rows]) for i in range(len(header))]
    print(f"\n{title}")
    for row in [header, ["-" * w for w in widths], *rows]:
        print("  " + "  ".join(c.ljust(w) if i == 0 else c.rjust(w)
                               for i, (c, w) in enumerate(zip(row, widths))))


def said(*command):
    """The first line of what a command says, on either output."""
    try:
        r = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return "?"
    return (r.stdout + r.stderr).strip().split("\n")[0]


def machine():
    cpu = re.search(r"model name\s+: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text())
    return {"cpu": cpu[1] if cpu else platform.machine(), "cores": os.cpu_count(),
            "memory_gb": int(memory[1]) / 1e6 if memory else 0, "load": f"{os.getloadavg()[0]:.1f}",
            "kernel": platform.release(), "date": time.strftime("%Y-%m-%d"),
            "postgresql": said("psql", "--version"), "nginx": said("nginx", "-v"), "wrk": said("wrk", "-v"),
            "commit": said("git", "-C", str(ROOT), "rev-parse", "--short", "HEAD")}


def save(suite, result):
    path = BENCH / "results" / f"{suite}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"suite": suite, "machine": machine(), **result}, indent=1,
                               ensure_ascii=False) + "\n")
    return path


def build_peer(name, libraries):
    """Compiles bench/peers/NAME.c; returns the program."""
    target = pathlib.Path(tempfile.gettempdir()) / f"callhook-bench-{os.getuid()}-{name}"
    subprocess.run(["cc", "-O2", "-D_GNU_SOURCE", "-o", target, BENCH / "peers" / f"{name}.c",
                    *[f"-l{lib}" for lib in libraries]], check=True)
    return target


def node():
    """The Node of bench/node_modules; None when the peers are not installed (npm install in bench/)."""
    program = BENCH / "node_modules" / ".bin" / "node"
    return program if program.exists() else None


@contextlib.contextmanager
def running(command, **kwargs):
    p = subprocess.Popen([str(c) for c in command], **kwargs)
    try:
        yield p
    finally:
        p.terminate()
        try:
            p.wait(15)
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()


def wait_for(path_or_port, seconds=15):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if isinstance(path_or_port, int):
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", path_or_port)) == 0:
                    return
        elif os.path.exists(path_or_port):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{path_or_port} did not come up")


@contextlib.contextmanager
def nginx(servers, http=""):
    """A private nginx with the given server blocks."""
    d = tempfile.mkdtemp(prefix="callhook-bench-nginx-")
    os.chmod(d, 0o755)
    conf = f"""
worker_processes 2; pid {d}/pid; error_log {d}/error.log; daemon off;
events {{ worker_connections 4096; }}
http {{ access_log off; client_body_buffer_size 128k; client_max_body_size 4m;
  client_body_temp_path {d}/b; proxy_temp_path {d}/p; fastcgi_temp_path {d}/f; uwsgi_temp_path {d}/u; scgi_temp_path {d}/s;
  keepalive_requests 1000000; {http}
  {servers} }}
"""
    pathlib.Path(d, "conf").write_text(conf)
    with running(["nginx", "-p", d, "-c", f"{d}/conf", "-e", f"{d}/error.log"],
                 stderr=subprocess.DEVNULL):
        yield
    shutil.rmtree(d, ignore_errors=True)
