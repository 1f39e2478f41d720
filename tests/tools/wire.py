#!/usr/bin/python3
"""Writes down every TCP connection that is tried on the loopback interface of its
network namespace, whether somebody listens or not: one line of JSON a SYN, {"time",
"to", "port"}, and at SIGTERM {"dropped": N}, the packets that were not seen.
Needs CAP_NET_RAW."""
import argparse
import ipaddress
import json
import signal
import socket
import struct
import sys
import time

SOL_PACKET, PACKET_STATISTICS = 263, 6
ETH_P_ALL = 3
SO_RCVBUFFORCE = 33
SYN, ACK = 2, 16


def target(packet):
    """(address, port) when it is the SYN of a new connection."""
    if packet[0] >> 4 == 4:
        size, protocol, to = (packet[0] & 15) * 4, packet[9], packet[16:20]
    else:
        size, protocol, to = 40, packet[6], packet[24:40]
    if protocol != socket.IPPROTO_TCP or packet[size + 13] & (SYN | ACK) != SYN:
        return None
    return str(ipaddress.ip_address(to)), struct.unpack_from("!H", packet, size + 2)[0]


def main():
    p = argparse.ArgumentParser(description=__doc__.split(":")[0])
    p.add_argument("--log", required=True)
    a = p.parse_args()
    s = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
    try:
        s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
    except PermissionError:  # the root of a user namespace only
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 << 20)
    s.bind(("lo", ETH_P_ALL))
    log = open(a.log, "a", buffering=1, encoding="ascii")

    def leave(*_):
        _, dropped = struct.unpack("II", s.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))
        log.write(json.dumps({"dropped": dropped}) + "\n")
        sys.exit(0)
    signal.signal(signal.SIGTERM, leave)
    log.write("{}\n")  # ready
    while True:
        packet, where = s.recvfrom(256)
        if where[2] != socket.PACKET_HOST:
            continue  # loopback shows each packet twice, leaving and coming
        found = target(packet)
        if found:
            log.write(json.dumps({"time": time.time(), "to": found[0], "port": found[1]}) + "\n")


if __name__ == "__main__":
    main()
