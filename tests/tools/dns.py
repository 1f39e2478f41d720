#!/usr/bin/python3
"""A name server for tests: answers A and AAAA over UDP from a table.

The table is JSON, name → what happens; "*.x.org" is every name below x.org:

  {"addresses": ["93.184.216.34", "fd00::5"]}   these
  {"turns": [["93.184.216.34"], ["127.0.0.1"]]} the first for a name's first
                                                query, the next for its next …
  {"cname": "x.org", "addresses": […]}          these, by way of that name
  {"rcode": 3}                                  that code (3: no such name)
  {"silent": true}                              no answer, ever

and in any of them "delay": seconds before the answer, and "ttl", 0 unless given.
"*" stands for every other name; without it, what is not in the table does not exist.  Every query becomes a line in the log:
{"time", "name", "type", "turn"}.
"""
import argparse
import ipaddress
import json
import os
import socket
import struct
import threading
import time

TYPES = {1: 4, 28: 6}  # A, AAAA: the address family's version
NAMED = {1: "A", 28: "AAAA"}


def question(packet):
    """(name, type, end of the question)"""
    labels, at = [], 12
    while packet[at]:
        labels.append(packet[at + 1:at + 1 + packet[at]].decode("ascii").lower())
        at += 1 + packet[at]
    return ".".join(labels), struct.unpack_from("!H", packet, at + 1)[0], at + 5


def record(address, kind, ttl, owner=b"\xc0\x0c"):
    data = ipaddress.ip_address(address).packed
    return owner + struct.pack("!HHIH", kind, 1, ttl, len(data)) + data


def alias(name, ttl):
    """(the record that says so, the name as owner of others)"""
    owner = b"".join(bytes([len(x)]) + x.encode("ascii") for x in name.split(".")) + b"\0"
    return b"\xc0\x0c" + struct.pack("!HHIH", 5, 1, ttl, len(owner)) + owner, owner


class Server:
    def __init__(self, table, log, port):
        self.table = table
        self.log = open(log, "a", buffering=1, encoding="utf-8")
        self.turns = {}
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind(("127.0.0.1", port))
        self.port = self.socket.getsockname()[1]

    def entry(self, name):
        if name in self.table:
            return self.table[name]
        while "." in name:
            name = name.partition(".")[2]
            if "*." + name in self.table:
                return self.table["*." + name]
        return self.table.get("*", {"rcode": 3})

    def answer(self, packet):
        """(reply or None, delay)"""
        name, kind, end = question(packet)
        entry = self.entry(name)
        turn = self.turns.get((name, kind), 0)
        self.turns[name, kind] = turn + 1
        self.log.write(json.dumps({"time": time.time(), "name": name,
                                   "type": NAMED.get(kind, kind), "turn": turn}) + "\n")
        if entry.get("silent"):
            return None, 0
        addresses = entry.get("addresses", [])
        if "turns" in entry:
            addresses = entry["turns"][turn % len(entry["turns"])]
        found = [a for a in addresses if ipaddress.ip_address(a).version == TYPES.get(kind)]
        ttl, first, owner = entry.get("ttl", 0), b"", b"\xc0\x0c"
        if "cname" in entry:
            first, owner = alias(entry["cname"], ttl)
        head = struct.pack("!2sHHHHH", packet[:2], 0x8580 | entry.get("rcode", 0), 1, len(found) + bool(first), 0, 0)
        records = first + b"".join(record(a, kind, ttl, owner) for a in found)
        return head + packet[12:end] + records, entry.get("delay", 0)

    def serve(self):
        while True:
            packet, client = self.socket.recvfrom(4096)
            try:
                reply, delay = self.answer(packet)
            except (IndexError, struct.error, UnicodeDecodeError):
                continue
            if reply is not None and delay:
                threading.Timer(delay, self.socket.sendto, (reply, client)).start()
            elif reply is not None:
                self.socket.sendto(reply, client)


def main():
    p = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    p.add_argument("--port", type=int, default=0)
    p.add_argument("--port-file", required=True, help="where to write the port that was taken")
    p.add_argument("--table", required=True)
    p.add_argument("--log", required=True)
    a = p.parse_args()
    with open(a.table, encoding="utf-8") as f:
        table = json.load(f)
    server = Server(table, a.log, a.port)
    with open(a.port_file + ".tmp", "w", encoding="ascii") as f:
        f.write(f"{server.port}\n")
    os.rename(a.port_file + ".tmp", a.port_file)
    server.serve()


if __name__ == "__main__":
    main()
