"""A certification authority for one test, made with the openssl program."""
import os
import subprocess

CONFIG = """
[ca]
default_ca = own
[own]
dir = {dir}
database = $dir/index.txt
new_certs_dir = $dir
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
email_in_dn = no
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
"""


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, capture_output=True, timeout=30)


class Authority:
    """root: the certificate to trust.  Everything is in a folder of the caller's."""

    def __init__(self, folder):
        self.folder = folder
        self.root = os.path.join(folder, "root.pem")
        self.config = os.path.join(folder, "openssl.cnf")
        with open(self.config, "w", encoding="ascii") as f:
            f.write(CONFIG.format(dir=folder))
        with open(os.path.join(folder, "index.txt"), "w", encoding="ascii"):
            pass
        self._key("root")
        openssl("req", "-x509", "-config", self.config, "-key", self._path("root.key"), "-days", "30",
                "-subj", "/CN=callhook test authority", "-addext", "basicConstraints=critical,CA:true",
                "-addext", "keyUsage=critical,keyCertSign", "-out", self.root)
        os.chmod(self.root, 0o644)

    def _path(self, name):
        return os.path.join(self.folder, name)

    def _key(self, name):
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self._path(name + ".key"))

    def _join(self, name, certificate):
        """Certificate and key in one file, as the receiver takes them."""
        out = self._path(name + ".both")
        with open(out, "w", encoding="ascii") as f:
            for part in (certificate, self._path(name + ".key")):
                with open(part, encoding="ascii") as g:
                    f.write(g.read())
        return out

    def issue(self, name, alternatives, begin="20200101000000Z", end="20491231235959Z"):
        """A certificate for alternatives ("DNS:a.org,IP:1.2.3.4") and its key, one file."""
        self._key(name)
        openssl("req", "-new", "-config", self.config, "-key", self._path(name + ".key"), "-subj", f"/CN={name}",
                "-addext", "subjectAltName=" + alternatives, "-out", self._path(name + ".csr"))
        openssl("ca", "-batch", "-notext", "-config", self.config, "-cert", self.root,
                "-keyfile", self._path("root.key"), "-startdate", begin, "-enddate", end,
                "-in", self._path(name + ".csr"), "-out", self._path(name + ".pem"))
        return self._join(name, self._path(name + ".pem"))

    def self_signed(self, name, alternatives):
        self._key(name)
        openssl("req", "-x509", "-config", self.config, "-key", self._path(name + ".key"), "-days", "30",
                "-subj", f"/CN={name}", "-addext", "subjectAltName=" + alternatives,
                "-out", self._path(name + ".pem"))
        return self._join(name, self._path(name + ".pem"))
