"""doc/openapi.yaml against the program and against itself; and whether the check of
answers notices anything.  Runs without a stack."""
import copy
import json
import os
import re
import subprocess

import pytest

import openapi
from openapi import TOP, Document, Mismatch, Validator

SOURCE = openapi.load()
DOCUMENT = Document(SOURCE)
WHOLE = openapi.expand(SOURCE, SOURCE)


def nodes(node, where=""):
    """Every object of the document with its place."""
    if isinstance(node, dict):
        yield where, node
        for k, v in node.items():
            yield from nodes(v, where + "/" + str(k).replace("~", "~0").replace("/", "~1"))
    elif isinstance(node, list):
        for i, v in enumerate(node):
            yield from nodes(v, f"{where}/{i}")


def operations():
    for path, item in WHOLE["paths"].items():
        for method in openapi.METHODS:
            if method in item:
                yield method, path, item, item[method]


def program(name):
    build = os.environ.get("CALLHOOK_BUILD", os.path.join(TOP, "build"))
    for folder, _, files in os.walk(build):
        if name in files and os.access(os.path.join(folder, name), os.X_OK):
            return os.path.join(folder, name)
    raise AssertionError(f"{name} was not built in {build}")


def c_source(path):
    with open(os.path.join(TOP, "src", path), encoding="utf-8") as f:
        return f.read()


def test_routes_are_those_of_the_program():
    r = subprocess.run([program("callhook-api"), "--list-routes"], capture_output=True, text=True, timeout=10)
    assert r.returncode == 0, r.stderr
    routes = {tuple(line.split(" ")) for line in r.stdout.splitlines()}
    assert len(routes) >= 10
    documented = set()
    for method, path, _, operation in operations():
        security = operation.get("security", WHOLE["security"])
        scopes = {s for way in security for s in way.get("apiKey", [])}
        assert len(scopes) <= 1 and bool(scopes) == bool(security), path
        # The web server's word is good for webhooks and keys, not for events.
        assert any("vouched" in way for way in security) == (scopes in ({"webhooks"}, {"keys"})), path
        documented.add((method.upper(), path, scopes.pop() if scopes else "-"))
    assert documented == routes


def test_fault_codes_are_those_of_the_program():
    codes = re.findall(r'\[FAULT_[A-Z_]+\] = \{ "([a-z_]+)"', c_source("hook/fault.c"))
    assert len(codes) >= 25
    schema = SOURCE["components"]["schemas"]["FaultCode"]
    assert schema["enum"] == codes
    assert re.findall(r"^\* `([a-z_]+)`: ", schema["description"], re.M) == codes


def test_problems_are_those_of_the_program():
    table = dict(re.findall(r'\[PROBLEM_[A-Z_]+\] = \{ "([a-z_]+)", (\d+),', c_source("api/problem.c")))
    assert len(table) >= 20
    assert SOURCE["components"]["schemas"]["ProblemName"]["enum"] == list(table)
    documented = {}
    for _, node in nodes(SOURCE):
        if "application/problem+json" not in node:
            continue
        narrowed = node["application/problem+json"]["schema"]["allOf"][1]["properties"]
        names = re.fullmatch(r"\[\^a-z_\]\(([a-z_|]+)\)\$", narrowed["type"]["pattern"]).group(1)
        for name in names.split("|"):
            documented.setdefault(name, set()).add(str(narrowed["status"]["const"]))
    assert documented == {name: {status} for name, status in table.items()}


def test_what_can_be_set_can_be_patched():
    schemas = SOURCE["components"]["schemas"]
    assert list(schemas["WebhookPatch"]["properties"]) == list(schemas["WebhookSettings"]["properties"])


def test_every_post_takes_an_idempotency_key():
    n = 0
    for method, path, item, operation in operations():
        names = [p["name"] for p in item.get("parameters", []) + operation.get("parameters", [])]
        assert ("Idempotency-Key" in names) == (method == "post" and path != "/v1/events"), (method, path)
        if "Idempotency-Key" not in names:
            continue
        for status, problem_name in (("409", "in_progress"), ("422", "idempotency_key_reused")):
            content = operation["responses"][status]["content"]["application/problem+json"]
            assert problem_name in content["schema"]["allOf"][1]["properties"]["type"]["pattern"], (path, status)
        n += 1
    assert n > 5


def test_responses_stand_at_their_status():
    seen = 0
    for where, node in nodes(SOURCE):
        if not where.endswith("/responses") or where == "/components/responses":
            continue
        for status, response in node.items():
            response = openapi.expand(SOURCE, response)
            content = response.get("content", {}).get("application/problem+json")
            if content:
                assert str(content["schema"]["allOf"][1]["properties"]["status"]["const"]) == status, where
                seen += 1
    assert seen > 50


def test_references_lead_somewhere_and_nothing_is_unused():
    used = set()
    for where, node in nodes(SOURCE):
        if "$ref" in node:
            try:
                openapi.look_up(SOURCE, node["$ref"])
            except KeyError:
                pytest.fail(f"{where}: {node['$ref']} leads nowhere")
            used.add(node["$ref"])
    for kind, parts in SOURCE["components"].items():
        if kind == "securitySchemes":
            continue
        for name in parts:
            assert f"#/components/{kind}/{name}" in used


def test_schemas_are_schemas():
    for name, schema in WHOLE["components"]["schemas"].items():
        Validator.check_schema(schema)
        assert "nullable" not in schema, f"{name}: OpenAPI 3.0"


def test_requests_are_closed_and_answers_open():
    requests, answers = 0, 0
    for _, path, _, operation in operations():
        for where, node in nodes(operation.get("requestBody", {})):
            # The platform may put into data what it likes.
            if node.get("type") == "object" and not where.endswith("/properties/data"):
                assert node["additionalProperties"] is False, path + where
                requests += 1
        for where, node in nodes(operation["responses"]):
            assert "additionalProperties" not in node, path + where
            answers += node.get("type") == "object"
    assert requests >= 3 and answers > 20


def example_values(node):
    """The examples of a parameter, a header or a media type."""
    if "example" in node:
        yield "example", node["example"]
    if isinstance(node.get("examples"), dict):
        for name, example in node["examples"].items():
            yield name, example["value"]


def test_examples_are_valid():
    n = 0
    for where, node in nodes(WHOLE):
        if "/examples/" in where or where.endswith("/example") or where.endswith("/properties"):
            continue
        if "schema" in node and isinstance(node["schema"], dict):
            found = [(name, node["schema"], value) for name, value in example_values(node)]
        elif isinstance(node.get("examples"), list):
            found = [(i, node, value) for i, value in enumerate(node["examples"])]
        else:
            continue
        for name, schema, value in found:
            assert openapi.complaint(schema, value) is None, f"{where} {name}: {openapi.complaint(schema, value)}"
            n += 1
    assert n > 50


def test_answers_with_a_body_have_an_example():
    for method, path, _, operation in operations():
        for status, response in operation["responses"].items():
            for kind, content in response.get("content", {}).items():
                assert list(example_values(content)), f"{method} {path} {status} {kind}"


def test_examples_are_the_fixtures():
    def fixture(name):
        with open(os.path.join(TOP, "tests", "fixtures", name + ".json"), encoding="utf-8") as f:
            return json.load(f)

    events = WHOLE["paths"]["/v1/events"]["post"]["requestBody"]["content"]["application/json"]["examples"]
    for name in ("ct_start", "ct_end", "ck_end"):
        assert list(events[name]["value"]["data"].items()) == list(fixture(name).items())
    hooks = WHOLE["components"]["requestBodies"]["WebhookSettings"]["content"]["application/json"]["examples"]
    for name in ("mapping_ct_get", "mapping_ct_json", "mapping_ck_form"):
        assert hooks[name]["value"]["params"] == fixture(name)


def test_parameters_of_paths_are_declared():
    for method, path, item, operation in operations():
        given = [p for p in item.get("parameters", []) + operation.get("parameters", []) if p["in"] == "path"]
        assert {p["name"] for p in given} == set(re.findall(r"\{(\w+)\}", path)), (method, path)
        assert all(p["required"] for p in given)


# ---- does the check notice anything? ----

HEADERS = {"X-Request-Id": "0123456789abcdef", "Cache-Control": "no-store", "Content-Type": "application/json"}
HOOK = WHOLE["components"]["responses"]["Webhook"]["content"]["application/json"]["example"]
PREFIX = "/callhook/api"


def problem(name, status, **more):
    body = {"type": PREFIX + "/v1/problems/" + name, "title": "t", "status": status, "detail": "d",
            "instance": HEADERS["X-Request-Id"]}
    body.update(more)
    return body


def ask(method, path, status, body=None, headers=None, without=()):
    h = dict(HEADERS, **(headers or {}))
    if isinstance(body, dict) and "type" in body and "instance" in body:
        h.update({"Content-Type": "application/problem+json", "Content-Language": "en"})
    for name in without:
        del h[name]
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    DOCUMENT.check(method, PREFIX + path, status, h, body or b"")


WHERE = "/v1/webhooks/" + HOOK["id"]
EVENT = {"id": HOOK["id"], "deliveries": 1, "duplicate": False}

GOOD = {
    "webhook": lambda: ask("GET", WHERE, 200, HOOK, {"ETag": '"v3"'}),
    "weak tag": lambda: ask("GET", WHERE, 200, HOOK, {"ETag": 'W/"v3"'}),
    "more than we know": lambda: ask("GET", WHERE, 200, dict(HOOK, more=1), {"ETag": '"v3"'}),
    "head": lambda: ask("HEAD", WHERE, 200, None, {"ETag": '"v3"'}),
    "query": lambda: ask("GET", "/v1/webhooks?service=callkeeper", 200, {"data": [HOOK], "next_cursor": None}),
    "deleted": lambda: ask("DELETE", WHERE, 204, without=["Content-Type"]),
    "event": lambda: ask("POST", "/v1/events", 202, EVENT),
    "events": lambda: ask("POST", "/v1/events", 202, {"data": [EVENT, {"error": problem("conflict", 409)}]}),
    "not there": lambda: ask("GET", WHERE, 404, problem("not_found", 404)),
    "unknown path": lambda: ask("GET", "/v1/nothing", 404, problem("not_found", 404)),
    "wrong method": lambda: ask("POST", WHERE, 405, problem("method_not_allowed", 405),
                                {"Allow": "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"}),
    "options": lambda: ask("OPTIONS", WHERE, 204, None, {"Allow": "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"},
                           ["Content-Type"]),
    "fault": lambda: ask("POST", "/v1/webhooks", 422, problem("validation", 422, errors=[
        {"pointer": "", "code": "required", "detail": "d"}])),
    "web server": lambda: ask("GET", WHERE, 502, b"<html>", {"Content-Type": "text/html"}, ["X-Request-Id"]),
    "web server's problem": lambda: ask("GET", WHERE, 503, {"type": "/p/unavailable", "title": "t", "status": 503,
                                                           "instance": "x", "errors": []}, None, ["X-Request-Id"]),
    "API down": lambda: ask("GET", "/readyz", 503, problem("unavailable", 503, errors=[]), {"Retry-After": "5"}),
    "not ready": lambda: ask("GET", "/readyz", 503, {"status": "unavailable", "database": "down", "schema": "unknown",
                                                     "schema_version": 0}, {"Retry-After": "1"}),
    "no session": lambda: ask("GET", "/v1/nothing", 401, problem("unauthorized", 401),
                              {"WWW-Authenticate": 'Bearer realm="callhook"'}),
    "not the API": lambda: DOCUMENT.check("GET", "/callhook/index.html", 200, {}, b"<html>"),
}

BAD = {
    "status": ("the document has only", lambda: ask("GET", WHERE, 201, HOOK, {"ETag": '"v3"'})),
    "no ETag": ("no header ETag", lambda: ask("GET", WHERE, 200, HOOK)),
    "odd ETag": ("header ETag", lambda: ask("GET", WHERE, 200, HOOK, {"ETag": "v3"})),
    "no id": ("the document has only|no header X-Request-Id",
              lambda: ask("GET", WHERE, 200, HOOK, {"ETag": '"v3"'}, ["X-Request-Id"])),
    "cached": ("Cache-Control", lambda: ask("GET", WHERE, 200, HOOK, {"ETag": '"v3"', "Cache-Control": "public"})),
    "media type": ("content type 'text/html'",
                   lambda: ask("GET", WHERE, 200, HOOK, {"ETag": '"v3"', "Content-Type": "text/html"})),
    "not JSON": ("not JSON", lambda: ask("GET", WHERE, 200, b"{", {"ETag": '"v3"'})),
    "field missing": ("'url' is a required property", lambda: ask(
        "GET", WHERE, 200, {k: v for k, v in HOOK.items() if k != "url"}, {"ETag": '"v3"'})),
    "type": ("/sent_ok", lambda: ask("GET", WHERE, 200, dict(HOOK, sent_ok="1"), {"ETag": '"v3"'})),
    "float": ("/sent_ok", lambda: ask("GET", WHERE, 200, dict(HOOK, sent_ok=1.0), {"ETag": '"v3"'})),
    "time": ("/created_at", lambda: ask("GET", WHERE, 200, dict(HOOK, created_at="2026-11-22T11:00:00Z"),
                                        {"ETag": '"v3"'})),
    "body after HEAD": ("after HEAD", lambda: ask("HEAD", WHERE, 200, HOOK, {"ETag": '"v3"'})),
    "body of 204": ("document has none", lambda: ask("DELETE", WHERE, 204, HOOK)),
    "no Allow": ("no header Allow", lambda: ask("POST", WHERE, 405, problem("method_not_allowed", 405))),
    "no Retry-After": ("no header Retry-After", lambda: ask("GET", WHERE, 503, problem("busy", 503))),
    "no WWW-Authenticate": ("WWW-Authenticate", lambda: ask("GET", WHERE, 401, problem("unauthorized", 401))),
    "other problem": ("/type", lambda: ask("GET", WHERE, 404, problem("conflict", 404))),
    "other status": ("/status", lambda: ask("GET", WHERE, 404, problem("not_found", 400))),
    "instance": ("instance", lambda: ask("GET", WHERE, 404, problem("not_found", 404, instance="another-id"))),
    "fault code": ("/errors/0/code", lambda: ask("POST", "/v1/webhooks", 422, problem("validation", 422, errors=[
        {"pointer": "/a", "code": "nonsense", "detail": "d"}]))),
    "pointer": ("/errors/0/pointer", lambda: ask("POST", "/v1/webhooks", 422, problem("validation", 422, errors=[
        {"pointer": "a", "code": "required", "detail": "d"}]))),
    "event": ("answered 202", lambda: ask("POST", "/v1/events", 202, {"id": HOOK["id"], "deliveries": 1})),
    "one of the events": ("answered 202", lambda: ask("POST", "/v1/events", 202, {"data": [EVENT, {}]})),
    "unknown path": ("the document has only", lambda: ask("GET", "/v1/nothing", 200, {})),
    "web server": ("status 500 in the body", lambda: ask("GET", WHERE, 503, {
        "type": "/p/unavailable", "title": "t", "status": 500, "instance": "x"}, None, ["X-Request-Id"])),
}


@pytest.mark.parametrize("name", GOOD)
def test_good_answers_pass(name):
    GOOD[name]()


@pytest.mark.parametrize("name", BAD)
def test_bad_answers_are_noticed(name):
    what, call = BAD[name]
    with pytest.raises(Mismatch, match=what):
        call()


def test_watch_checks_every_answer():
    class Answer:
        status, headers, body = 200, HEADERS, b'{"status":"ok"}'

    class Api:
        class url:
            path = PREFIX

        def call(self, method, path):
            return Answer()

    openapi.watch(Api)
    assert Api().call("GET", "/healthz").status == 200
    with pytest.raises(Mismatch, match="GET /readyz"):
        Api().call("GET", "/readyz")


def test_a_reference_to_itself_is_noticed():
    document = copy.deepcopy(SOURCE)
    document["components"]["schemas"]["Fault"]["properties"]["more"] = {"$ref": "#/components/schemas/Fault"}
    with pytest.raises(ValueError, match="contains itself"):
        Document(document)
