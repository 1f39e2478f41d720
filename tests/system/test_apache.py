"""The same stack behind Apache with the shipped configuration."""
import os
import shutil
import socket
import subprocess
import time

import pytest

from client import TOP, Api, call_id, wait_for

pytestmark = pytest.mark.skipif(not os.path.exists("/usr/sbin/apache2"), reason="apache2 is not installed")
MODULES = ["mpm_event", "authz_core", "authn_core", "dir", "mime", "alias", "env", "headers", "setenvif",
           "proxy", "proxy_fcgi", "reqtimeout", "deflate", "filter"]


@pytest.fixture(scope="module")
def apache(stack):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    where = os.path.join(stack.env["CALLHOOK_RUN"], "apache")
    os.mkdir(where)
    with open(os.path.join(TOP, "fcgi-conf", "apache", "callhook-api.conf")) as f:
        shipped = f.read()
    shipped = shipped.replace("/run/callhook/api.sock", stack.env["CALLHOOK_RUN"] + "/api.sock")
    shipped = shipped.replace("/usr/share/callhook/cabinet/", stack.data + "/cabinet/")
    modules = "".join(f"LoadModule {m}_module /usr/lib/apache2/modules/mod_{m}.so\n" for m in MODULES
                      if os.path.exists(f"/usr/lib/apache2/modules/mod_{m}.so"))
    with open(where + "/apache2.conf", "w") as f:
        f.write(f"""ServerRoot {where}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {where}/pid
ErrorLog {where}/error.log
{modules}
TypesConfig /etc/mime.types
RequestReadTimeout header=20 body=10,minrate=500
{shipped}
""")
    user = stack.env["CALLHOOK_RUN_USER"]
    if os.geteuid() == 0:
        shutil.chown(where, user)
    r = stack.run("/usr/sbin/apache2", "-t", "-f", where + "/apache2.conf")
    assert r.returncode == 0, r.stderr
    r = stack.run("/usr/sbin/apache2", "-k", "start", "-f", where + "/apache2.conf")
    assert r.returncode == 0, r.stderr

    def up():
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return True
        except OSError:
            return False
    assert wait_for(up)
    yield f"http://127.0.0.1:{port}/callhook/"
    with open(where + "/pid") as f:
        pid = int(f.read())
    os.kill(pid, 15)
    wait_for(lambda: not os.path.exists(f"/proc/{pid}"))


def test_page(apache):
    answer = Api(apache).get("")
    assert answer.status == 200
    assert b"<html" in answer.body.lower()
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


def test_webhook_and_event(apache, account, arrived, unique):
    api = Api(apache + "api/v1", account.key)
    made = api.post("/webhooks", account.settings(f"ok/{unique}"))
    assert made.status == 201
    where = "/webhooks/" + made.json["id"]
    assert api.get(where).json == made.json
    assert api.get("/webhooks?service=calltracking").json["data"][0]["id"] == made.json["id"]
    event = account.event(call_id=call_id())
    assert api.post("/events", event).status == 202
    assert [s.call for s in arrived(1, f"/ok/{unique}")] == [event["call_id"]]
    assert api.put(where, account.settings("b"), headers={"If-Match": '"v1"'}).status == 200
    assert api.delete(where, headers={"If-Match": '"v2"'}).status == 204


def test_errors(apache, account):
    api = Api(apache + "api/v1", account.key)
    assert Api(apache + "api/v1").get("/webhooks").status == 401
    assert api.get("/nothing").status == 404
    assert api.post("/webhooks", "{").status == 400
    answer = api.post("/webhooks", account.settings(origin="x://y"))
    assert answer.status == 422
    assert answer.headers["Content-Type"].startswith("application/problem+json")


def test_large_bodies(apache, account):
    api = Api(apache + "api/v1", account.key)
    data = {"x": "y" * 200000}
    assert api.post("/events", account.event(data)).status == 202
    try:
        assert api.post("/events", b"[" + b"1," * 2000000 + b"1]").status == 413
    except (ConnectionError, BrokenPipeError):
        pass  # Apache closes on what is still being sent


@pytest.mark.slow
def test_unfinished_bodies_do_not_block_the_pool_for_long(apache, stack, account):
    """Apache passes bodies on as they come: the workers have a clock of their own."""
    host, port = apache.split("/")[2].split(":")
    held = []
    for _ in range(4):
        s = socket.create_connection((host, int(port)))
        s.sendall(f"POST /callhook/api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {account.key}\r\n"
                  "Content-Type: application/json\r\nContent-Length: 5000\r\n\r\n{".encode())
        held.append(s)
    time.sleep(0.2)
    start = time.monotonic()
    assert account.api.get("/webhooks").status == 200
    assert time.monotonic() - start < 6
    for s in held:
        s.close()


def test_service_down(apache, stack, account):
    stack.part("stop", "api")
    try:
        answer = Api(apache + "api/v1", account.key).get("/webhooks")
        assert answer.status == 503
        assert answer.headers["Retry-After"]
        assert answer.json["status"] == 503
    finally:
        stack.part("start", "api")
    assert wait_for(stack.ready)
