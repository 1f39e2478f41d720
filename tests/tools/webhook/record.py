#!/usr/bin/python3
"""Called by Debian's webhook(1) server for each request that it parsed: writes
what it was given as one JSON line.  record.py LEDGER HOOK METHOD PAYLOAD QUERY HEADERS"""
import fcntl
import json
import sys
import time

ledger, hook, method, payload, query, headers = sys.argv[1:7]
line = json.dumps({
    "time": time.time(),
    "hook": hook,
    "method": method,
    "payload": json.loads(payload) if payload else None,
    "query": json.loads(query) if query else None,
    "headers": json.loads(headers) if headers else None,
}, ensure_ascii=False)
with open(ledger, "a") as f:
    fcntl.flock(f, fcntl.LOCK_EX)
    f.write(line + "\n")
print("ok")
