"""The same stack behind Apache and lighttpd with the shipped configurations:
mod_proxy_fcgi, mod_fcgid (Apache starts the program itself), mod_fastcgi."""
import os
import shutil
import signal
import socket
import threading
import time

import pytest

from client import TOP, Api, call_id, wait_for

APACHE, LIGHTTPD = "/usr/sbin/apache2", "/usr/sbin/lighttpd"
MODULES = ["authz_host", "mpm_event", "authz_core", "authn_core", "dir", "mime", "alias", "env", "headers", "setenvif",
           "reqtimeout", "filter", "deflate"]


def need(path):
    if not os.path.exists(path):
        pytest.skip(path + " is not installed")


def shipped(stack, name):
    """A shipped configuration with this stack's paths."""
    with open(os.path.join(TOP, "fcgi-conf", name)) as f:
        text = f.read()
    for old, new in [("/run/callhook/api.sock", stack.env["CALLHOOK_RUN"] + "/api.sock"),
                     ("/run/callhook/status.sock", stack.env["CALLHOOK_RUN"] + "/status.sock"),
                     ("/usr/share/callhook/cabinet/", stack.data + "/cabinet/"),
                     ("/usr/lib/callhook/", stack.data + "/fcgid/"),
                     ("/etc/callhook/callhook.conf", stack.env["CALLHOOK_CONFIG"])]:
        text = text.replace(old, new)
    return text


def folder(stack, name):
    where = os.path.join(stack.env["CALLHOOK_RUN"], name)
    os.mkdir(where)
    if os.geteuid() == 0:
        shutil.chown(where, stack.env["CALLHOOK_RUN_USER"])
    return where


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def serve(stack, where, port, check, start):
    """Starts a web server, yields the page's URL, stops it."""
    for command in (check, start):
        r = stack.run(*command)
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
    assert wait_for(lambda: not alive(pid))


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat") as f:
            return f.read().rpartition(") ")[2][0] not in "ZX"
    except FileNotFoundError:
        return False


def apache(stack, name, conf, modules, extra=""):
    for m in modules:
        need(f"/usr/lib/apache2/modules/mod_{m}.so")
    where, port = folder(stack, name), free_port()
    load = "".join(f"LoadModule {m}_module /usr/lib/apache2/modules/mod_{m}.so\n" for m in MODULES + modules)
    with open(where + "/apache2.conf", "w") as f:
        f.write(f"ServerRoot {where}\nServerName localhost\nListen 127.0.0.1:{port}\nPidFile {where}/pid\n"
                f"ErrorLog {where}/error.log\n{load}\nTypesConfig /etc/mime.types\n"
                f"RequestReadTimeout header=20 body=10,minrate=500\n{extra}\n{shipped(stack, conf)}\n")
    yield from serve(stack, where, port, (APACHE, "-t", "-f", where + "/apache2.conf"),
                     (APACHE, "-k", "start", "-f", where + "/apache2.conf"))


def start_proxy(stack):
    need(APACHE)
    yield from apache(stack, "apache", "apache/callhook-api.conf", ["proxy", "proxy_fcgi"])


def start_fcgid(stack):
    need(APACHE)
    programs = os.path.join(stack.data, "fcgid")
    os.mkdir(programs)
    os.symlink(os.path.join(stack.data, "bin", "callhook-api"), programs + "/callhook.fcgi")
    ipc = folder(stack, "ipc")
    yield from apache(stack, "fcgid", "apache/callhook-fcgid.conf", ["fcgid"],
                      f"FcgidIPCDir {ipc}\nFcgidProcessTableFile {ipc}/table")


def start_lighttpd(stack):
    need(LIGHTTPD)
    where, port = folder(stack, "lighttpd"), free_port()
    with open(where + "/lighttpd.conf", "w") as f:
        f.write('server.modules = ( "mod_fastcgi", "mod_alias", "mod_redirect", "mod_indexfile" )\n'
                f'server.document-root = "{where}"\nserver.bind = "127.0.0.1"\nserver.port = {port}\n'
                f'server.pid-file = "{where}/pid"\nserver.errorlog = "{where}/error.log"\n'
                f'server.upload-dirs = ( "{where}" )\nindex-file.names = ( "index.html" )\n'
                f'mimetype.assign = ( ".html" => "text/html" )\n{shipped(stack, "lighttpd/50-callhook.conf")}\n')
    yield from serve(stack, where, port, (LIGHTTPD, "-tt", "-f", where + "/lighttpd.conf"),
                     (LIGHTTPD, "-f", where + "/lighttpd.conf"))


@pytest.fixture(scope="module", params=[start_proxy, start_fcgid, start_lighttpd],
                ids=["proxy_fcgi", "fcgid", "lighttpd"])
def server(stack, request):
    yield from request.param(stack)


@pytest.fixture(scope="module")
def proxy(stack):
    need(APACHE)
    yield from apache(stack, "apache-proxy", "apache/callhook-api.conf", ["proxy", "proxy_fcgi"])


def test_status(server, request):
    """To this machine the pool is shown; what Apache starts itself has none to show."""
    for page, expected in (("status", b'"listen_queue"'), ("metrics", b"callhook_database_up 1")):
        answer = Api(server + "api").get("/" + page)
        if request.node.callspec.id == "fcgid":
            assert answer.status == 404, answer
        else:
            assert answer.status == 200 and expected in answer.body, answer


def test_page(server):
    answer = Api(server).get("")
    assert answer.status == 200
    assert b"<html" in answer.body.lower()


def test_webhook_and_event(server, account, arrived, unique):
    api = Api(server + "api/v1", account.key)
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


def test_errors(server, account):
    api = Api(server + "api/v1", account.key)
    assert Api(server + "api/v1").get("/webhooks").status == 401
    assert Api(server + "api/v1", headers={"CALLHOOK-ACCOUNT": str(account.number)}).get("/webhooks").status == 401
    assert api.get("/nothing").status == 404
    assert api.post("/webhooks", "{").status == 400
    answer = api.post("/webhooks", account.settings(origin="x://y"))
    assert answer.status == 422
    assert answer.headers["Content-Type"].startswith("application/problem+json")


def test_large_bodies(server, account):
    api = Api(server + "api/v1", account.key)
    assert api.post("/events", account.event({"x": "y" * 200000})).status == 202
    try:
        assert api.post("/events", b"[" + b"1," * 2000000 + b"1]").status == 413
    except ConnectionError:
        pass  # some close on what is still being sent


@pytest.mark.slow
def test_thousands_of_small_posts(server, account):
    """E5: a body that is not read to its end would break one in a thousand or so."""
    answers = []

    def post():
        api = Api(server + "api/v1", account.key)
        answers.extend(api.post("/events", account.event({})).status for _ in range(400))
    threads = [threading.Thread(target=post) for _ in range(5)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert answers == [202] * 2000


@pytest.mark.slow
def test_unfinished_bodies_do_not_block_the_pool_for_long(proxy, account):
    """Apache passes bodies on as they come: the workers have a clock of their own."""
    host, port = proxy.split("/")[2].split(":")
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


def test_service_down(proxy, stack, account):
    stack.part("stop", "api")
    try:
        answer = Api(proxy + "api/v1", account.key).get("/webhooks")
        assert answer.status == 503
        assert answer.headers["Retry-After"]
        assert answer.json["status"] == 503
    finally:
        stack.part("start", "api")
    assert wait_for(stack.ready)
    assert Api(proxy + "api/v1", account.key).get("/webhooks").status == 200, "Apache has given it up for a minute"


def test_who_finds_the_queue_full_is_not_lost(server, request, stack, account):
    """nginx refuses him (test_overload.py); Apache has him wait, lighttpd answers 500, and both go on at once."""
    if request.node.callspec.id == "fcgid":
        pytest.skip("starts programs instead of having requests wait in a queue")
    api = Api(server + "api/v1", account.key)
    answers = []
    with stack.setting("api.backlog=1", "api.workers=1"):
        worker, = stack.workers()
        os.kill(worker, signal.SIGSTOP)
        try:
            asking = [threading.Thread(target=lambda: answers.append(api.get("/webhooks").status)) for _ in range(12)]
            for t in asking:
                t.start()
            assert wait_for(lambda: stack.status()["listen_queue"]["waiting"] > 0)
            time.sleep(0.5)     # until the others are turned away, too
        finally:
            os.kill(worker, signal.SIGCONT)
        began = time.monotonic()
        for t in asking:
            t.join(20)
        assert len(answers) == 12 and set(answers) <= {200, 500}, answers
        assert wait_for(lambda: api.get("/webhooks").status == 200)
        assert time.monotonic() - began < 5, "the web server has given the pool up for a while"


def test_page_headers(proxy):
    headers = Api(proxy).get("").headers
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
