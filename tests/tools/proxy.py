"""Between the programs and PostgreSQL: a proxy on a Unix socket that can lose what it carries.

mode: pass     as if it were not there
      deaf     what PostgreSQL answers is lost: a commit is done and nobody hears of it
      hole     nothing goes through in either direction; the connections stay
      refuse   new connections are closed at once"""
import os
import selectors
import socket
import threading


class Proxy:
    def __init__(self, folder, target):
        self.path = os.path.join(folder, ".s.PGSQL.5432")
        self.target = target
        self.mode = "pass"
        self.pairs = []
        self.lock = threading.Lock()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        os.chmod(self.path, 0o777)
        self.listener.listen(128)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self.mode == "refuse":
                client.close()
                continue
            server = socket.socket(socket.AF_UNIX)
            try:
                server.connect(self.target)
            except OSError:
                client.close()
                continue
            with self.lock:
                self.pairs.append((client, server))
            threading.Thread(target=self.carry, args=(client, server), daemon=True).start()

    def carry(self, client, server):
        choose = selectors.DefaultSelector()
        choose.register(client, selectors.EVENT_READ, server)
        choose.register(server, selectors.EVENT_READ, client)
        try:
            while True:
                for key, _ in choose.select():
                    data = key.fileobj.recv(65536)
                    if not data:
                        return
                    if self.mode == "hole" or (self.mode == "deaf" and key.fileobj is server):
                        continue
                    key.data.sendall(data)
        except OSError:
            return
        finally:
            choose.close()
            client.close()
            server.close()
            with self.lock:
                if (client, server) in self.pairs:
                    self.pairs.remove((client, server))

    def cut(self):
        """Ends all connections."""
        with self.lock:
            pairs = list(self.pairs)
        for pair in pairs:
            for s in pair:
                try:
                    s.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def close(self):
        self.listener.close()
        self.cut()
        os.unlink(self.path)
