"""Senders of a stack that a test starts and harms itself."""
import os
import pwd
import signal
import subprocess


class Senders:
    """Senders of a stack that this test starts and harms itself."""

    def __init__(self, stack):
        self.stack = stack
        self.log = open(os.path.join(stack.data, "log", "senders.log"), "ab")
        self.running = []

    def config(self, number):
        """The stack's own, with a wake socket and a journal of its own."""
        path = os.path.join(self.stack.env["CALLHOOK_RUN"], f"sender{number}.conf")
        if not os.path.exists(path):
            with open(self.stack.env["CALLHOOK_CONFIG"], encoding="utf-8") as f:
                text = f.read()
            with open(path, "w", encoding="utf-8") as f:
                f.write(text if number == 0 else text.replace("/wake.sock", f"/wake{number}.sock").replace(
                    "/sender.journal", f"/sender{number}.journal"))
            os.chmod(path, 0o644)
        return path

    def start(self, number=0, **environ):
        command = [os.path.join(self.stack.data, "bin", "callhook-sender"), "-c", self.config(number)]
        user = self.stack.env["CALLHOOK_RUN_USER"]
        if os.geteuid() == 0 and user != "root":
            command = ["setpriv", "--reuid", user, "--regid", str(pwd.getpwnam(user).pw_gid), "--init-groups", *command]
        p = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, cwd="/",
                             env={**os.environ, **environ})
        self.running.append(p)
        return p

    def end(self, process, sig):
        """Returns its exit status."""
        process.send_signal(sig)
        try:
            return process.wait(30)
        finally:
            self.running.remove(process)

    def close(self):
        for p in list(self.running):
            p.send_signal(signal.SIGCONT)
            self.end(p, signal.SIGKILL)
        self.log.close()

    def shards(self, process):
        found = self.stack.sql("SELECT shards FROM callhook.sender WHERE pid = %s"
                               " AND seen_at > now() - interval '3 s'", process.pid)
        return found[0][0] if found else 0
