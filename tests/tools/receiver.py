#!/usr/bin/python3
"""A receiver of webhooks that can misbehave in every way we know of.

The first segment of the path chooses how it behaves, whatever follows is for
the test to tell its requests apart:

  /ok                200
  /status/503        that status (with Retry-After: 1 for 429 and 503)
  /retryafter/S/503  that status with Retry-After: S (S may be a date, with _ for blanks)
  /gone              410
  /hang              reads the request and never answers
  /drip              a good status line, then a byte a second
  /big               200 and 2 GB in chunks
  /gzipbomb          200 and a small body that unpacks to 1 GB
  /slowhdr           a byte of header a second
  /hdr300k           300 kB of headers
  /1xx               an endless row of 103 responses
  /rst               reads the request and resets the connection
  /close             reads the request and closes without an answer
  /badchunk          a chunk length that is none
  /short             closes in the middle of the announced body
  /garbage           something that is not HTTP
  /redirect?to=URL   302 to it
  /says?header=N: V  200 with this header, and more of them
  /flaky/N           503 with Retry-After: 0 for the first N of each webhook-id, then 200
  /slow/MS           200 after MS milliseconds
  /switch/NAME       the status last set by POST /_set?name=NAME&status=N (503)

A do=… in the query, say do=status/503, has the say instead of the path, and
with status=301 a redirect's status is that.

Every complete request becomes a line in the ledger file, flushed before it is
answered.  GET /_ledger?since=OFFSET reads them: {"next": OFFSET, "entries": []}.
GET /_most: how many bytes of one of the 2 GB anybody has taken at most.
"""
import argparse
import base64
import gzip
import hashlib
import json
import os
import socket
import socketserver
import ssl
import struct
import sys
import threading
import time
from urllib.parse import parse_qs, unquote, urlsplit

HEAD_MAX = 256 * 1024
BODY_MAX = 8 * 1024 * 1024


class Shared:
    """What all connections have in common."""

    def __init__(self, ledger):
        self.lock = threading.Lock()
        self.ledger = open(ledger, "ab", buffering=0)
        self.path = ledger
        self.seen = {}
        self.switch = {}
        self.most = 0
        self.bomb = None

    def write(self, entry):
        line = json.dumps(entry, ensure_ascii=False).encode() + b"\n"
        with self.lock:
            self.ledger.write(line)

    def read(self, since):
        with open(self.path, "rb") as f:
            f.seek(since)
            text = f.read(16 * 1024 * 1024)
        text = text[: text.rfind(b"\n") + 1]
        entries = [json.loads(x) for x in text.splitlines()]
        return {"next": since + len(text), "entries": entries}

    def count(self, key):
        with self.lock:
            self.seen[key] = self.seen.get(key, 0) + 1
            return self.seen[key]

    def gzip_bomb(self):
        with self.lock:
            if self.bomb is None:
                self.bomb = gzip.compress(bytes(64 * 1024 * 1024), 9) * 16
            return self.bomb


class Request:
    def __init__(self, line, headers, body):
        self.method, self.target, self.version = line.split(" ", 2)
        self.headers = headers
        self.body = body

    def header(self, name):
        for k, v in self.headers:
            if k.lower() == name:
                return v
        return None


def read_request(f):
    """The next request of a connection, None at its end."""
    line = f.readline(HEAD_MAX)
    if not line.endswith(b"\r\n"):
        return None
    headers = []
    size = len(line)
    while True:
        h = f.readline(HEAD_MAX)
        size += len(h)
        if size > HEAD_MAX or not h.endswith(b"\r\n"):
            return None
        if h == b"\r\n":
            break
        name, _, value = h[:-2].partition(b":")
        headers.append((name.decode("latin-1"), value.strip().decode("latin-1")))
    request = Request(line[:-2].decode("latin-1"), headers, b"")
    if (request.header("transfer-encoding") or "").lower() == "chunked":
        request.body = read_chunks(f)
    else:
        n = int(request.header("content-length") or 0)
        request.body = f.read(n) if 0 < n <= BODY_MAX else b""
        if len(request.body) != n:
            return None
    return request


def read_chunks(f):
    body = b""
    while True:
        n = int(f.readline(64).split(b";")[0], 16)
        if n == 0:
            while f.readline(HEAD_MAX) not in (b"\r\n", b""):
                pass
            return body
        body += f.read(n)
        f.readline(8)


class Handler(socketserver.StreamRequestHandler):
    timeout = 120
    disable_nagle_algorithm = True

    def setup(self):
        # Here and not when accepting: a slow handshake is its own thread's.
        if self.server.tls is not None:
            self.request.settimeout(self.timeout)
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle(self):
        try:
            while True:
                request = read_request(self.rfile)
                if request is None or not self.serve(request):
                    return
        except (OSError, ValueError):
            return

    def serve(self, request):
        """Answers; False when the connection is not to be used again."""
        url = urlsplit(request.target)
        query = parse_qs(url.query)
        words = [w for w in query.get("do", [url.path])[0].split("/") if w]
        mode = words[0] if words else "ok"
        if mode == "_ledger":
            since = int(query.get("since", ["0"])[0])
            body = json.dumps(self.server.shared.read(since)).encode()
            return self.answer(200, body, "application/json")
        if mode == "_most":
            return self.answer(200, b"%d\n" % self.server.shared.most)
        if mode == "_set":
            with self.server.shared.lock:
                self.server.shared.switch[query["name"][0]] = int(query["status"][0])
            return self.answer(204)
        now = time.time()
        self.server.shared.write({
            "time": now,
            "method": request.method,
            "target": request.target,
            "headers": request.headers,
            "body": base64.b64encode(request.body).decode(),
            "sha256": hashlib.sha256(request.body).hexdigest(),
        })
        action = getattr(self, "do_" + mode.replace("1xx", "informational"), None)
        if action is None:
            return self.answer(200)
        return action(request, words[1:], query)

    def answer(self, status, body=b"ok\n", kind="text/plain", extra=()):
        if status == 204:
            body = b""
        head = [f"HTTP/1.1 {status} {'OK' if status == 200 else 'Status'}"]
        if status != 204:
            head += [f"Content-Type: {kind}", f"Content-Length: {len(body)}"]
        head += extra
        self.wfile.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)
        return True

    def do_ok(self, request, words, query):
        return self.answer(200)

    def do_status(self, request, words, query):
        status = int(words[0])
        extra = ["Retry-After: 1"] if status in (429, 503) else []
        return self.answer(status, b"as you wish\n", extra=extra)

    def do_retryafter(self, request, words, query):
        return self.answer(int(words[1]), extra=["Retry-After: " + unquote(words[0]).replace("_", " ")])

    def do_gone(self, request, words, query):
        return self.answer(410, b"nobody lives here\n")

    def do_hang(self, request, words, query):
        self.rfile.read(1)  # until the other side has had enough
        return False

    def drip(self, data):
        for byte in data:
            self.wfile.write(bytes([byte]))
            time.sleep(1)
        return False

    def do_drip(self, request, words, query):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 600\r\n\r\n")
        return self.drip(b"." * 600)

    def do_slowhdr(self, request, words, query):
        return self.drip(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"." * 600)

    def do_big(self, request, words, query):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        # What does not fit in here has been taken by the other side.
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        for i in range(32768):
            self.wfile.write(chunk)
            self.server.shared.most = max(self.server.shared.most, (i + 1) * 65536)
        self.wfile.write(b"0\r\n\r\n")
        return True

    def do_gzipbomb(self, request, words, query):
        return self.answer(200, self.server.shared.gzip_bomb(), extra=["Content-Encoding: gzip"])

    def do_hdr300k(self, request, words, query):
        self.wfile.write(b"HTTP/1.1 200 OK\r\n")
        for i in range(300):
            self.wfile.write(b"X-Pad-%d: " % i + b"p" * 1000 + b"\r\n")
        self.wfile.write(b"Content-Length: 0\r\n\r\n")
        return True

    def do_informational(self, request, words, query):
        while True:
            self.wfile.write(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
            time.sleep(0.01)

    def do_rst(self, request, words, query):
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.wfile.close()
        self.rfile.close()
        self.request.close()
        return False

    def do_close(self, request, words, query):
        return False

    def do_badchunk(self, request, words, query):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\noops\r\n")
        return False

    def do_short(self, request, words, query):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")
        return False

    def do_garbage(self, request, words, query):
        self.wfile.write(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")
        return False

    def do_redirect(self, request, words, query):
        status = int(query.get("status", ["302"])[0])
        return self.answer(status, extra=["Location: " + query.get("to", ["/ok"])[0]])

    def do_says(self, request, words, query):
        return self.answer(200, extra=query.get("header", []))

    def do_flaky(self, request, words, query):
        key = request.header("webhook-id") or request.target
        failing = self.server.shared.count(key) <= int(words[0])
        return self.answer(503 if failing else 200, extra=["Retry-After: 0"] if failing else [])

    def do_slow(self, request, words, query):
        time.sleep(int(words[0]) / 1000)
        return self.answer(200)

    def do_switch(self, request, words, query):
        with self.server.shared.lock:
            status = self.server.shared.switch.get(words[0], 503)
        return self.answer(status)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 1024
    tls = None

    def handle_error(self, request, client_address):
        pass


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--port", type=int, default=0)
    p.add_argument("--host", default="127.0.0.1")
    p.add_argument("--port-file", help="where to write the port that was taken")
    p.add_argument("--ledger", required=True)
    p.add_argument("--certificate", help="speak TLS: a file with certificate and key")
    p.add_argument("--tls-1.1", dest="old", action="store_true", help="no later version than that")
    a = p.parse_args()
    if ":" in a.host:
        Server.address_family = socket.AF_INET6
    server = Server((a.host, a.port), Handler)
    server.shared = Shared(a.ledger)
    if a.certificate:
        server.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.tls.load_cert_chain(a.certificate)
        if a.old:
            server.tls.set_ciphers("ALL:@SECLEVEL=0")
            server.tls.minimum_version = server.tls.maximum_version = ssl.TLSVersion.TLSv1_1
    if a.port_file:
        with open(a.port_file + ".tmp", "w") as f:
            f.write(f"{server.server_address[1]}\n")
        os.rename(a.port_file + ".tmp", a.port_file)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        sys.exit(0)


if __name__ == "__main__":
    main()
