"""Alert rules and dashboard against the real thing: promtool reads the rules, a Prometheus
scrapes the running stack and evaluates every rule and every panel."""
import json
import os
import re
import shutil
import socket
import subprocess
import time
import urllib.parse
import urllib.request

import pytest
import yaml

from client import wait_for
from conftest import TOP

MONITORING = os.path.join(TOP, "packaging", "monitoring")
RULES = os.path.join(MONITORING, "callhook.rules.yml")


def dashboard():
    with open(os.path.join(MONITORING, "grafana.json")) as f:
        return json.load(f)


def rules():
    with open(RULES) as f:
        return yaml.safe_load(f)["groups"][0]["rules"]


def expressions():
    for rule in rules():
        yield rule["alert"], rule["expr"]
    for panel in dashboard()["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"].replace("$__rate_interval", "1m")


def names(expr):
    return set(re.findall(r"\bcallhook_[a-z_]+", expr))


def test_rules_and_panels_name_what_there_is(stack):
    """Every metric that is asked for is written somewhere in the page of a working stack."""
    import test_operation
    there = {k.split("{")[0] for k in test_operation.metrics(stack)}
    for title, expr in expressions():
        missing = names(expr) - there
        assert not missing, (title, missing)
    ids = [p["id"] for p in dashboard()["panels"]]
    assert len(set(ids)) == len(ids)


@pytest.fixture(scope="module")
def prometheus(stack, tmp_path_factory):
    program = shutil.which("prometheus")
    if program is None or shutil.which("promtool") is None:
        pytest.skip("prometheus is not installed")
    home = tmp_path_factory.mktemp("prometheus")
    with open(os.path.join(MONITORING, "prometheus.yml")) as f:
        config = f.read()
    config = config.replace("127.0.0.1:80", stack.url.split("/")[2]).replace("15s", "1s")
    config = config.replace("/etc/prometheus/callhook.rules.yml", RULES)
    (home / "prometheus.yml").write_text("global: { evaluation_interval: 1s }\n" + config)
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    with open(home / "log", "wb") as log:
        p = subprocess.Popen([program, "--config.file", str(home / "prometheus.yml"), "--storage.tsdb.path",
                              str(home / "data"), "--web.listen-address", f"127.0.0.1:{port}",
                              "--log.level=warn"], stdout=log, stderr=log, cwd=home)
    try:
        yield lambda path: get(port, path)
    finally:
        p.terminate()
        p.wait(30)


def get(port, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as r:
            return json.load(r)
    except urllib.error.HTTPError as e:
        return {"status": "error", "error": e.read().decode()}
    except OSError:
        return None


def query(prometheus, expr):
    return prometheus("/api/v1/query?" + urllib.parse.urlencode({"query": expr}))


def test_promtool_likes_the_rules():
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed")
    r = subprocess.run(["promtool", "check", "rules", RULES], capture_output=True, text=True)
    assert r.returncode == 0, r.stdout + r.stderr
    assert f"{len(rules())} rules found" in r.stdout


@pytest.mark.slow
def test_prometheus_scrapes_and_evaluates(prometheus, stack, account):
    account.webhook("ok")
    account.post()

    def scraped():
        r = query(prometheus, 'up{job="callhook"}')
        return r and r["status"] == "success" and r["data"]["result"] and r["data"]["result"][0]["value"][1] == "1"
    assert wait_for(scraped, 30), prometheus("/api/v1/targets")
    time.sleep(3)  # rates need more than one look
    for title, expr in expressions():
        r = query(prometheus, expr)
        assert r["status"] == "success", (title, r)
    for panel in dashboard()["panels"]:
        for target in panel["targets"]:
            if panel["type"] != "stat":
                continue
            r = query(prometheus, target["expr"])
            assert r["data"]["result"], (panel["title"], "shows nothing")
    groups = prometheus("/api/v1/rules")["data"]["groups"]
    assert {r["name"] for r in groups[0]["rules"]} == {r["alert"] for r in rules()}
    assert wait_for(lambda: all(r["health"] == "ok" for r in
                                prometheus("/api/v1/rules")["data"]["groups"][0]["rules"]), 20)
    firing = [a for a in prometheus("/api/v1/alerts")["data"]["alerts"] if a["state"] == "firing"]
    assert firing == [], "a healthy stack alarms nobody"
