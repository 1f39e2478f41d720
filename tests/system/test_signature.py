"""Signatures of Standard Webhooks: made by the sender, verified here in Python and by the
libraries that customers use; secrets rotate, overlap, expire, end, and are never left out."""
import base64
import functools
import hashlib
import hmac
import json
import os
import shutil
import subprocess
import time

import pytest

from client import Api, wait_for

HERE = os.path.dirname(os.path.abspath(__file__))
NODE = os.path.join(HERE, "node")
OWN = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SEED = "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="  # RFC 8032, test 1
PUBLIC = "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="


def raw(secret):
    return base64.b64decode(secret.partition("_")[2], validate=True)


def payload(seen):
    """What is signed: the body, or the target of a request without one."""
    return seen.target.encode() if seen.method == "GET" else seen.body


def message(seen):
    return f'{seen.id}.{seen.header("webhook-timestamp")}.'.encode() + payload(seen)


def signatures(seen):
    """[("v1", bytes)], in order; [] without the header."""
    value = seen.header("webhook-signature")
    pairs = [s.split(",", 1) for s in value.split(" ")] if value is not None else []
    return [(kind, base64.b64decode(text, validate=True)) for kind, text in pairs]


def v1(secret, seen):
    return "v1", hmac.new(raw(secret), message(seen), hashlib.sha256).digest()


def verify_v1a(public, seen, signature):
    ed25519 = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ed25519",
                                  reason="python3-cryptography is not installed")
    ed25519.Ed25519PublicKey.from_public_bytes(raw(public)).verify(signature, message(seen))


class Signed:
    """A webhook and its secret."""

    def __init__(self, account, path, **fields):
        self.account = account
        self.hook = account.webhook(path, **fields)
        self.id = self.hook["id"]
        self.path = f"/webhooks/{self.id}/secret"

    def rotate(self, **order):
        answer = self.account.api.post(self.path, order)
        assert answer.status == 201, answer
        return answer.json

    def list(self):
        answer = self.account.api.get(self.path)
        assert answer.status == 200, answer
        return answer.json["data"]

    def read(self):
        return self.account.read(self.id)


@pytest.fixture
def signed(account, unique):
    return functools.partial(Signed, account, f"ok/{unique}")


def test_no_secret_no_header(signed, account, arrived, unique):
    hook = signed()
    assert hook.hook["signed"] is False
    assert hook.list() == []
    account.post()
    assert arrived(1, f"/ok/{unique}")[0].header("webhook-signature") is None


def test_hmac_over_the_body(signed, account, arrived, unique):
    hook = signed()
    made = hook.rotate()
    assert made["kind"] == "hmac" and made["expires_at"] is None
    assert made["secret"].startswith("whsec_") and len(raw(made["secret"])) == 32
    assert "public_key" not in made
    assert hook.list() == [{k: made[k] for k in ("id", "kind", "created_at", "expires_at")}]
    assert hook.read()["signed"] is True
    account.post()
    seen = arrived(1, f"/ok/{unique}")[0]
    assert seen.body and signatures(seen) == [v1(made["secret"], seen)]
    # Anything that is changed on the way no longer fits.
    good = signatures(seen)[0]
    seen.body = seen.body.replace(b"7", b"8", 1)
    assert v1(made["secret"], seen) != good


def test_get_signs_the_target(account, arrived, unique):
    hook = Signed(account, f"ok/{unique}?k=1", method="GET", params=[{"name": "имя", "value": "company_name"}])
    made = hook.rotate()
    account.post()
    seen = arrived(1, f"/ok/{unique}")[0]
    assert seen.method == "GET" and "%D0%B8" in seen.target
    assert signatures(seen) == [v1(made["secret"], seen)]


def test_retries_are_signed_anew(account, arrived, unique):
    hook = Signed(account, f"flaky/2/{unique}")
    made = hook.rotate()
    account.post()
    seen = arrived(3, f"/flaky/2/{unique}")
    assert len({s.id for s in seen}) == 1
    for s in seen:
        assert signatures(s) == [v1(made["secret"], s)]


def test_own_secret(signed, account, arrived, unique):
    hook = signed()
    assert hook.rotate(secret=OWN)["secret"] == OWN
    account.post()
    seen = arrived(1, f"/ok/{unique}")[0]
    assert signatures(seen) == [v1(OWN, seen)]


def test_ed25519(signed, account, arrived, unique):
    hook = signed()
    made = hook.rotate(kind="ed25519")
    assert made["secret"].startswith("whsk_")
    assert hook.list()[0]["public_key"] == made["public_key"]
    again = hook.rotate(kind="ed25519", secret=SEED, overlap_hours=0)
    assert again["public_key"] == PUBLIC != made["public_key"]
    account.post()
    seen = arrived(1, f"/ok/{unique}")[0]
    (kind, signature), = signatures(seen)
    assert kind == "v1a"
    verify_v1a(PUBLIC, seen, signature)
    from cryptography.exceptions import InvalidSignature
    seen.body += b" "
    with pytest.raises(InvalidSignature):
        verify_v1a(PUBLIC, seen, signature)


def test_rotation_overlaps_and_expires(signed, account, arrived, stack, unique):
    hook = signed()
    first = hook.rotate()
    second = hook.rotate(overlap_hours=1)
    listed = hook.list()
    assert [s["id"] for s in listed] == [second["id"], first["id"]]
    assert listed[0]["expires_at"] is None
    ends, = stack.sql("SELECT extract(epoch FROM expires_at - (SELECT created_at FROM callhook.webhook_secret"
                      " WHERE id = %s)) FROM callhook.webhook_secret WHERE id = %s", second["id"], first["id"])
    assert ends[0] == 3600
    account.post()
    seen = arrived(1, f"/ok/{unique}")[0]
    assert signatures(seen) == [v1(second["secret"], seen), v1(first["secret"], seen)]
    # The end of the old one is near: nothing has to happen but that time passes.
    stack.sql("UPDATE callhook.webhook_secret SET expires_at = now() + interval '3 seconds'"
              " WHERE webhook_id = %s AND expires_at IS NOT NULL", hook.id)
    stack.sql("UPDATE callhook.webhook SET version = version + 1 WHERE id = %s", hook.id)
    end = time.monotonic() + 3
    account.post()
    assert len(signatures(arrived(2, f"/ok/{unique}")[1])) == 2
    time.sleep(max(0, end - time.monotonic()) + 0.1)
    account.post()
    seen = arrived(3, f"/ok/{unique}")[2]
    assert signatures(seen) == [v1(second["secret"], seen)]
    assert [s["id"] for s in hook.list()] == [second["id"]]
    # The next rotation sweeps it away.
    third = hook.rotate(overlap_hours=0)
    assert stack.sql("SELECT count(*) FROM callhook.webhook_secret WHERE webhook_id = %s", hook.id) == [(1,)]
    account.post()
    seen = arrived(4, f"/ok/{unique}")[3]
    assert signatures(seen) == [v1(third["secret"], seen)]


def test_both_kinds_side_by_side(signed, account, arrived, unique):
    hook = signed()
    old = hook.rotate()
    new = hook.rotate(kind="ed25519")
    account.post()
    seen = arrived(1, f"/ok/{unique}")[0]
    (kind, signature), rest = signatures(seen)
    assert kind == "v1a" and rest == v1(old["secret"], seen)
    verify_v1a(new["public_key"], seen, signature)


def test_at_most_four(signed):
    hook = signed()
    for _ in range(4):
        hook.rotate()
    before = hook.read()["version"]
    answer = hook.account.api.post(hook.path, {}, headers={"Accept-Language": "ru"})
    assert answer.status == 422 and answer.json["type"].endswith("/limit")
    assert [e["code"] for e in answer.json["errors"]] == ["secret_limit"]
    assert "4" in answer.json["errors"][0]["detail"]
    # Refused as a whole: the others live as long as before.
    assert len(hook.list()) == 4 and hook.read()["version"] == before
    hook.rotate(overlap_hours=0)
    assert len(hook.list()) == 1


def test_delete_ends_signing(signed, account, arrived, unique):
    hook = signed()
    hook.rotate()
    account.post()
    assert signatures(arrived(1, f"/ok/{unique}")[0])
    assert account.api.delete(hook.path).status == 204
    assert hook.list() == [] and hook.read()["signed"] is False
    version = hook.read()["version"]
    account.post()
    assert arrived(2, f"/ok/{unique}")[1].header("webhook-signature") is None
    # Once more changes nothing.
    assert account.api.delete(hook.path).status == 204
    assert hook.read()["version"] == version


def test_changes_are_versions_with_audit(signed, account, stack):
    hook = signed()
    etag = account.api.get(f"/webhooks/{hook.id}").headers["ETag"]
    hook.rotate()
    settings = account.settings("ok/else")
    assert account.api.put(f"/webhooks/{hook.id}", settings, headers={"If-Match": etag}).status == 412
    account.api.delete(hook.path)
    assert account.api.delete(f"/webhooks/{hook.id}", headers={"If-Match": "*"}).status == 204
    rows = stack.sql("SELECT version, action, settings FROM callhook.webhook_version WHERE webhook_id = %s"
                     " ORDER BY version", hook.id)
    assert [r[:2] for r in rows] == [(1, "created"), (2, "secret"), (3, "secret_deleted"), (4, "deleted")]
    assert len({r[2] for r in rows}) == 1


def test_deleting_the_webhook_deletes_its_secrets(signed, account, stack):
    hook = signed()
    hook.rotate()
    hook.rotate()
    assert account.api.delete(f"/webhooks/{hook.id}", headers={"If-Match": "*"}).status == 204
    assert stack.sql("SELECT count(*) FROM callhook.webhook_secret WHERE webhook_id = %s", hook.id) == [(0,)]
    assert account.api.get(hook.path).status == 404


def test_others_see_nothing(stack, signed):
    hook = signed()
    made = hook.rotate()
    other = stack.account()
    assert other.api.get(hook.path).status == 404
    assert other.api.post(hook.path, {}).status == 404
    assert other.api.delete(hook.path).status == 404
    assert stack.ingest.get(hook.path).status == 403
    assert Api(stack.url).get(hook.path).status == 401
    assert other.api.get("/webhooks/nonsense/secret").status == 404
    assert [s["id"] for s in hook.list()] == [made["id"]]


@pytest.mark.parametrize("body, pointer, code", [
    ([], "", "wrong_type"),
    ({"Kind": "hmac"}, "/Kind", "unknown_field"),
    ({"kind": "rsa"}, "/kind", "not_in_list"),
    ({"secret": "hunter2"}, "/secret", "secret_syntax"),
    ({"secret": "whsec_c2hvcnQ="}, "/secret", "secret_length"),
    ({"secret": OWN, "kind": "ed25519"}, "/secret", "secret_kind"),
    ({"overlap_hours": 169}, "/overlap_hours", "out_of_range"),
    ({"overlap_hours": "24"}, "/overlap_hours", "wrong_type"),
])
def test_bad_orders(signed, body, pointer, code):
    hook = signed()
    answer = hook.account.api.post(hook.path, body)
    assert answer.status == 422
    assert [(e["pointer"], e["code"]) for e in answer.json["errors"]] == [(pointer, code)]
    assert b"hunter2" not in answer.body and OWN.encode() not in answer.body
    assert hook.list() == []
    assert hook.account.api.post(hook.path, "{").status == 400


def test_at_rest_and_in_logs(signed, account, arrived, stack, unique):
    hook = signed()
    hook.rotate(secret=OWN)
    hook.rotate(secret=SEED)
    account.post()
    arrived(1, f"/ok/{unique}")
    for sealed, in stack.sql("SELECT sealed FROM callhook.webhook_secret WHERE webhook_id = %s", hook.id):
        for secret in (OWN, SEED):
            assert secret.encode() not in sealed and raw(secret) not in sealed
    for name in ("api", "sender"):
        assert OWN not in stack.log(name) and SEED not in stack.log(name)


@pytest.mark.parametrize("harm", ["moved", "changed"])
def test_a_secret_that_does_not_open(signed, account, stack, quiet, unique, harm):
    """Not sent at all, rather than without a signature or with a wrong one."""
    hook = signed()
    made = hook.rotate(kind="ed25519")
    if harm == "moved":
        other = signed()
        stack.sql("UPDATE callhook.webhook_secret SET webhook_id = %s WHERE id = %s", other.id, made["id"])
        stack.sql("UPDATE callhook.webhook SET version = version + 1 WHERE id = %s", other.id)
        account.api.delete(f"/webhooks/{hook.id}", headers={"If-Match": "*"})
        hook = other
    else:
        stack.sql("UPDATE callhook.webhook_secret SET sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)"
                  " WHERE id = %s", made["id"])
    answer = account.api.get(hook.path)
    assert answer.status == 503 and answer.json["type"].endswith("/unavailable")
    account.post()
    assert wait_for(lambda: len(stack.attempts(hook.id)) >= 2)
    assert {a[3] for a in stack.attempts(hook.id)} == {"secret"}
    assert stack.attempts(hook.id)[0][1] == "retry"
    assert quiet(f"/ok/{unique}") == []
    # A new secret is the way out.
    account.api.delete(hook.path)
    made = hook.rotate()
    account.post()
    assert wait_for(lambda: quiet(f"/ok/{unique}", 0.1))
    for seen in quiet(f"/ok/{unique}", 0.1):
        assert signatures(seen) == [v1(made["secret"], seen)]


def test_without_the_master_key(signed, account, stack, arrived, quiet, unique):
    """The daemons run; what is to be signed waits; the key comes back without a restart."""
    hook = signed()
    made = hook.rotate()
    plain = account.webhook(f"ok/{unique}-plain")
    key = os.path.join(stack.data, "conf", "master.key")
    os.rename(key, key + ".away")
    try:
        for name in ("api", "sender"):
            stack.part("stop", name)
            stack.part("start", name)
        assert wait_for(stack.ready)
        check = stack.ctl("check")
        assert "missing  master key" in check.stdout
        for answer in (account.api.get(hook.path, headers={"Accept-Language": "ru"}),
                       account.api.post(hook.path, {}, headers={"Accept-Language": "ru"})):
            assert answer.status == 503 and "ключа" in answer.json["detail"]
        account.post()
        assert len(arrived(1, f"/ok/{unique}-plain")) == 1
        assert wait_for(lambda: stack.attempts(hook.id))
        n, outcome, status, error, detail = stack.attempts(hook.id)[0]
        assert (n, outcome, status, error) == (1, "retry", 0, "secret") and "key" in detail
        assert quiet(f"/ok/{unique}", 0.1) == quiet(f"/ok/{unique}-plain", 0)
    finally:
        os.rename(key + ".away", key)
    time.sleep(1.1)
    account.post()

    def ok():
        return [s for s in quiet(f"/ok/{unique}", 0.1) if not s.target.endswith("-plain")]
    assert wait_for(ok)
    for seen in ok():
        assert signatures(seen) == [v1(made["secret"], seen)]
    assert [s["id"] for s in hook.list()] == [made["id"]]
    for name in ("api", "sender"):
        lines = [x for x in stack.log(name).splitlines() if "no_key" in x]
        assert lines and all(key in x for x in lines)
    # Once a process, not once a request.
    assert sum("sender.no_key" in x for x in stack.log("sender").splitlines()) == 1
    assert account.read(plain["id"])["signed"] is False


def node_modules():
    """The reason why the libraries are not there, None when they are."""
    if shutil.which("node") is None:
        return "node is not installed"
    if os.path.isdir(os.path.join(NODE, "node_modules", "standardwebhooks")):
        return None
    if os.environ.get("CALLHOOK_NPM") != "1":
        return "npm install has not run in tests/system/node (CALLHOOK_NPM=1 lets it run here)"
    r = subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=NODE, capture_output=True, text=True, timeout=300)
    return None if r.returncode == 0 else "npm: " + r.stderr.strip()[-200:]


@pytest.fixture(scope="module")
def libraries():
    """libraries([(secret, seen)]): what each library says of each, in order."""
    reason = node_modules()
    if reason:
        pytest.skip(reason)

    def ask(pairs):
        questions = [{"secret": secret, "payload": payload(seen).decode(),
                      "headers": {k: v for k, v in seen.headers if k.startswith("webhook-")}}
                     for secret, seen in pairs]
        r = subprocess.run(["node", os.path.join(NODE, "verify.mjs")], input=json.dumps(questions),
                           capture_output=True, text=True, timeout=60)
        assert r.returncode == 0, r.stderr
        return json.loads(r.stdout)
    return ask


def test_libraries_of_customers_verify(libraries, account, arrived, unique):
    hooks = [Signed(account, f"ok/{unique}/post"),
             Signed(account, f"ok/{unique}/form", content_type="application/x-www-form-urlencoded"),
             Signed(account, f"ok/{unique}/get", method="GET"),
             Signed(account, f"ok/{unique}/all", service="callkeeper", params=[])]
    secrets = {h.hook["path"]: [h.rotate()["secret"], h.rotate()["secret"]] for h in hooks}
    account.post()
    account.post(service="callkeeper")
    seen = arrived(4, f"/ok/{unique}")
    pairs = [(secret, s) for s in seen for secret in secrets[s.target.partition("?")[0][1:]]]
    assert len(pairs) == 8
    both = {"standardwebhooks": True, "svix": True}
    assert libraries(pairs) == [both] * 8
    # Tampered with: the body, the secret, the time.
    for s in seen:
        s.body = s.body.replace(b"7", b"8", 1)
        s.target = s.target.replace("7", "8", 1)
    pairs.append((OWN, seen[0]))
    for answer in libraries(pairs):
        assert set(answer.values()) == {"WebhookVerificationError: No matching signature found"}
    for s in seen:
        s.headers = [(k, "1" if k == "webhook-timestamp" else v) for k, v in s.headers]
    for answer in libraries(pairs):
        assert set(answer.values()) == {"WebhookVerificationError: Message timestamp too old"}
