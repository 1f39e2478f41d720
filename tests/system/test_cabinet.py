"""Below an existing cabinet: the shipped nginx configuration with auth_request,
and a cabinet that knows two sessions."""
import http.server
import os
import shutil
import socket
import threading

import pytest

from client import TOP, Api, wait_for


@pytest.fixture(scope="module")
def cabinet(stack):
    """The base URL, and a dictionary cookie → account, or (account, role), that the test fills."""
    sessions = {}

    class Session(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            account = sessions.get(self.headers.get("Cookie"))
            self.send_response(204 if account else 401)
            if account:
                account, role = account if isinstance(account, tuple) else (account, None)
                self.send_header("X-Account-Id", str(account))
                self.send_header("X-User-Id", "manager")
                if role:
                    self.send_header("X-User-Role", role)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Session)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    where = os.path.join(stack.env["CALLHOOK_RUN"], "cabinet")
    shutil.rmtree(where, ignore_errors=True)
    os.makedirs(where + "/tmp")
    shutil.copy("/etc/nginx/fastcgi_params", where)
    with open(os.path.join(TOP, "fcgi-conf", "nginx", "callhook-cabinet.conf")) as f:
        shipped = f.read()
    shipped = shipped.replace("http://127.0.0.1:8084/", f"http://127.0.0.1:{server.server_address[1]}/")
    shipped = shipped.replace("/run/callhook/api.sock", stack.env["CALLHOOK_RUN"] + "/api.sock")
    shipped = shipped.replace("/var/log/nginx/error.log", where + "/error.log")
    shipped = shipped.replace("/usr/share/callhook/cabinet/", stack.data + "/cabinet/")
    temps = "".join(f"{n}_temp_path tmp/{n};\n" for n in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    with open(where + "/nginx.conf", "w") as f:
        f.write(f"""pid nginx.pid;
error_log {where}/error.log;
events {{ }}
http {{
    include /etc/nginx/mime.types;
    access_log off;
    {temps}
    server {{
        listen 127.0.0.1:{port};
        {shipped}
    }}
}}
""")
    if os.geteuid() == 0:
        for path in (where, where + "/tmp"):
            shutil.chown(path, stack.env["CALLHOOK_RUN_USER"])
    r = stack.run("/usr/sbin/nginx", "-p", where, "-c", where + "/nginx.conf", "-e", "stderr")
    assert r.returncode == 0, r.stderr
    yield f"http://127.0.0.1:{port}/cabinet/webhooks/", sessions
    with open(where + "/nginx.pid") as f:
        pid = int(f.read())
    os.kill(pid, 15)
    wait_for(lambda: not os.path.exists(f"/proc/{pid}"))
    server.shutdown()


def test_the_cabinets_session_decides(cabinet, stack):
    url, sessions = cabinet
    mine, other = stack.account(), stack.account()
    sessions["session=a"], sessions["session=b"] = mine.number, other.number
    a = Api(url + "api/v1", headers={"Cookie": "session=a"})
    b = Api(url + "api/v1", headers={"Cookie": "session=b"})
    made = a.post("/webhooks", mine.settings("a"))
    assert made.status == 201, made
    where = "/webhooks/" + made.json["id"]
    assert a.get(where).status == 200 and b.get(where).status == 404
    assert mine.api.get(where).status == 200
    assert stack.sql("SELECT who FROM callhook.webhook_version WHERE webhook_id = %s",
                     made.json["id"]) == [("user:manager",)]
    assert a.delete(where, headers={"If-Match": '"v1"'}).status == 204


def test_without_a_session_nobody_is_in(cabinet, stack):
    url, _ = cabinet
    number = str(stack.account().number)
    for headers in ({}, {"Cookie": "session=z"}, {"CALLHOOK-ACCOUNT": number}, {"X-Account-Id": number},
                    {"Cookie": "session=z", "Remote-User": number}):
        answer = Api(url + "api/v1", headers=headers).get("/webhooks")
        assert answer.status == 401 and answer.json["type"].endswith("/unauthorized")
        assert Api(url, headers=headers).get("").status == 401


def test_another_sites_page_cannot_use_the_session(cabinet, stack):
    url, sessions = cabinet
    mine = stack.account()
    sessions["session=c"] = mine.number
    api = Api(url + "api/v1", headers={"Cookie": "session=c", "Sec-Fetch-Site": "cross-site"})
    answer = api.post("/webhooks", mine.settings("a"))
    assert answer.status == 403 and answer.json["type"].endswith("/cross_site")
    same = Api(url + "api/v1", headers={"Cookie": "session=c", "Sec-Fetch-Site": "same-origin"})
    assert same.post("/webhooks", mine.settings("a")).status == 201


@pytest.mark.parametrize("site, origin, allowed", [
    (None, None, True),                         # no browser
    ("none", None, True), ("same-origin", "https://else.example", True),
    ("same-site", None, False), ("cross-site", None, False),
    (None, "SAME", True), (None, "https://evil.example", False), (None, "null", False),
    (None, "http://127.0.0.2", False), (None, "ftp://127.0.0.1", False), (None, "http://127.0.0.1.evil.example", False),
    ("cross-site", "https://front.example", True),   # [api] cors lists it
    ("cross-site", "https://front.example.evil.example", False),
])
def test_which_pages_may_change_something(cabinet, stack, site, origin, allowed):
    url, sessions = cabinet
    mine = stack.account()
    sessions["session=o"] = mine.number
    headers = {"Cookie": "session=o"}
    if site:
        headers["Sec-Fetch-Site"] = site
    if origin:
        headers["Origin"] = url.split("/cabinet")[0] if origin == "SAME" else origin
    api = Api(url + "api/v1", headers=headers)
    hook = mine.webhook("a")
    where = "/webhooks/" + hook["id"]
    for method, path, body in (("POST", "/webhooks", mine.settings("b")), ("PATCH", where, {"path": "c"}),
                               ("DELETE", where, None)):
        answer = api.call(method, path, body, headers={"If-Match": "*"})
        if allowed:
            assert answer.status in (200, 201, 204), answer
        else:
            assert answer.status == 403 and answer.json["type"].endswith("/cross_site")
    # Reading changes nothing, and the browser keeps the answer to itself.
    assert api.get("/webhooks").status == 200
    # A key is not added by browsers: whoever has it may use it.
    key = Api(url + "api/v1", mine.key, headers={k: v for k, v in headers.items() if k != "Cookie"})
    assert mine.api.post("/webhooks", mine.settings("d"), headers=key.headers).status == 201


def test_events_need_a_key(cabinet, stack):
    url, sessions = cabinet
    mine = stack.account()
    sessions["session=d"] = mine.number
    answer = Api(url + "api/v1", headers={"Cookie": "session=d"}).post("/events", mine.event())
    assert answer.status == 403


def test_page_below_the_cabinet(cabinet, stack):
    url, sessions = cabinet
    sessions["session=e"] = 1
    answer = Api(url, headers={"Cookie": "session=e"}).get("")
    assert answer.status == 200 and b"<html" in answer.body.lower()
