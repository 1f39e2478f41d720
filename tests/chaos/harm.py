"""How a stack is harmed: by what its programs are started with, and by signals."""
import contextlib
import os
import shutil
import subprocess

TOOLS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "tools")
FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"


# Takes so many descriptors, then runs the rest of its words.
TAKE = "import os, sys; [os.dup2(0, i) for i in range(3, int(sys.argv[1]))]; os.execvp(sys.argv[2], sys.argv[2:])"


def wrap(stack, program, stderr="", descriptors=0, **environ):
    """From its next start on the program has these variables too, writes its log to stderr, a path, and
    has the descriptors from 3 on already."""
    path = os.path.join(stack.data, "bin", program)
    real = path + ".real"
    if not os.path.exists(real):
        shutil.copy(path, real)
    words = " ".join(f"{k}='{v}'" for k, v in environ.items())
    with open(path + ".new", "w", encoding="utf-8") as f:
        take = f"/usr/bin/python3 -c '{TAKE}' {descriptors} " if descriptors else ""
        f.write(f"#!/bin/sh\nexec env {words} {take}'{real}' \"$@\"{' 2>' + stderr if stderr else ''}\n")
    os.chmod(path + ".new", 0o755)
    os.rename(path + ".new", path)


def restart(stack, *parts):
    for p in parts:
        stack.part("stop", p)
    for p in parts:
        stack.part("start", p)


def configure(stack, old, new):
    """Changes text in the configuration; the programs are restarted by the caller."""
    path = stack.env["CALLHOOK_CONFIG"]
    with open(path, encoding="utf-8") as f:
        text = f.read()
    assert old in text, (old, text)
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace(old, new))


def postgres_settings(stack, *lines):
    with open(os.path.join(stack.data, "pg", "postgresql.conf"), "a", encoding="utf-8") as f:
        f.write("\n".join(lines) + "\n")


def faults_library(stack):
    """The LD_PRELOAD library of tests/tools/faults.c, built, and the file that steers it."""
    library = os.path.join(stack.data, "bin", "faults.so")
    if not os.path.exists(library):
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", library, os.path.join(TOOLS, "faults.c"), "-ldl"],
                       check=True)
        os.chmod(library, 0o755)
    return library, os.path.join(stack.data, "faults")


def say(path, text):
    with open(path + ".new", "w", encoding="utf-8") as f:
        f.write(text)
    os.chmod(path + ".new", 0o644)
    os.rename(path + ".new", path)


def run_as(stack, *command):
    """What stands before a command so that it runs as the stack's user."""
    user = stack.env["CALLHOOK_RUN_USER"]
    if os.geteuid() == 0 and user != "root":
        gid = subprocess.run(["id", "-g", user], capture_output=True, text=True, check=True).stdout.strip()
        return ["setpriv", "--reuid", user, "--regid", gid, "--init-groups", *command]
    return list(command)


def pg_bin(stack):
    with open(os.path.join(stack.dir, "stack"), encoding="utf-8") as f:
        for line in f:
            if line.startswith("PG_BIN="):
                return line.split("=", 1)[1].strip().strip("'")
    raise AssertionError("no PG_BIN")


@contextlib.contextmanager
def descriptors(stack, pid, soft):
    """No more than so many descriptors for a process, for a while."""
    with open(f"/proc/{pid}/limits", encoding="ascii") as f:
        old = [line.split()[3] for line in f if line.startswith("Max open files")][0]
    subprocess.run(run_as(stack, "prlimit", "--pid", str(pid), f"--nofile={soft}:"), check=True)
    try:
        yield
    finally:
        subprocess.run(run_as(stack, "prlimit", "--pid", str(pid), f"--nofile={old}:"), check=False)
