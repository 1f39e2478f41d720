"""A FastCGI client for one GET without a web server: what its socket answers."""
import socket
import struct


def record(kind, data):
    return struct.pack("!BBHHBB", 1, kind, 1, len(data), 0, 0) + data


def pair(name, value):
    name, value = name.encode(), value.encode()
    return b"".join(struct.pack("!B", len(x)) if len(x) < 128 else struct.pack("!I", len(x) | 1 << 31)
                    for x in (name, value)) + name + value


def ask(path, target, **more):
    """(status, body) of GET target at the Unix socket path."""
    params = {"REQUEST_METHOD": "GET", "REQUEST_URI": target, "SCRIPT_NAME": "", "REMOTE_ADDR": "127.0.0.1", **more}
    with socket.socket(socket.AF_UNIX) as s:
        s.settimeout(10)
        s.connect(path)
        s.sendall(record(1, struct.pack("!HB5x", 1, 0)) + record(4, b"".join(pair(*p) for p in params.items())) +
                  record(4, b"") + record(5, b""))
        data = b"".join(iter(lambda: s.recv(65536), b""))
    out = b""
    while len(data) >= 8:
        _, kind, _, length, padding, _ = struct.unpack("!BBHHBB", data[:8])
        if kind == 6:
            out += data[8:8 + length]
        data = data[8 + length + padding:]
    head, _, body = out.partition(b"\r\n\r\n")
    status = next((x[8:11] for x in head.split(b"\r\n") if x.startswith(b"Status: ")), b"200")
    return int(status), body


def get(path, target):
    return ask(path, target)[0]
