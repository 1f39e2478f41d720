"""FastCGI records by hand, for what no web server would send."""
import socket
import struct

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT, GET_VALUES = 1, 2, 3, 4, 5, 6, 9


def record(kind, content=b"", request=1, padding=0, version=1):
    return struct.pack("!BBHHBB", version, kind, request, len(content), padding, 0) + content + bytes(padding)


def begin(keep=0, role=1, request=1):
    return record(BEGIN, struct.pack("!HB5x", role, keep), request)


def length(n):
    return bytes([n]) if n < 128 else struct.pack("!I", n | 0x80000000)


def pairs(variables):
    out = b""
    for k, v in variables:
        k, v = k.encode(), v.encode()
        out += length(len(k)) + length(len(v)) + k + v
    return out


def request(method, uri, body=b"", keep=0, **variables):
    v = {"REQUEST_METHOD": method, "REQUEST_URI": uri, "CONTENT_LENGTH": str(len(body)) if body else "",
         "CONTENT_TYPE": "application/json"}
    v.update(variables)
    p = pairs((k, x) for k, x in v.items() if x is not None)
    text = begin(keep) + record(PARAMS, p) + record(PARAMS)
    for i in range(0, len(body), 65535):
        text += record(STDIN, body[i:i + 65535])
    return text + record(STDIN)


def say(path, text, timeout=30, end=True):
    """Sends bytes and returns all that comes back."""
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(timeout)
        s.connect(path)
        try:
            s.sendall(text)
            if end:
                s.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        got = b""
        try:
            while part := s.recv(65536):
                got += part
        except ConnectionError:
            pass
        return got


def output(got):
    """(STDOUT's content, how many requests were ended)"""
    out, ends, at = b"", 0, 0
    while at < len(got):
        _, kind, _, n, padding, _ = struct.unpack_from("!BBHHBB", got, at)
        if kind == STDOUT:
            out += got[at + 8:at + 8 + n]
        ends += kind == END
        at += 8 + n + padding
    return out, ends


def status(got):
    out, _ = output(got)
    head = out.split(b"\r\n")[0]
    return int(head.split()[1]) if head.startswith(b"Status:") else 0
