"""Is an answer what doc/openapi.yaml says?  check() tells for one answer, watch() makes a
client ask for every answer it gets.  Needs no stack."""
import copy
import json
import os
import re

import yaml
from jsonschema import Draft202012Validator, validators
from jsonschema.exceptions import best_match

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
DOCUMENT = os.path.join(TOP, "doc", "openapi.yaml")

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
# What a web server answers in its own words before it has asked the API, or in place of it.
WEB_SERVER = {400, 401, 405, 408, 411, 413, 414, 431, 500, 501, 502, 503, 504}

# JSON Schema takes 1.0 for an integer; here integers stay integers.
Validator = validators.extend(Draft202012Validator, type_checker=Draft202012Validator.TYPE_CHECKER.redefine(
    "integer", lambda _, x: isinstance(x, int) and not isinstance(x, bool)))


class Mismatch(AssertionError):
    """An answer is not what the document says."""


def load(path=DOCUMENT):
    with open(path, encoding="utf-8") as f:
        return yaml.safe_load(f)


def look_up(document, ref):
    """What a reference within the document points to."""
    if not ref.startswith("#/"):
        raise KeyError(ref)
    node = document
    for part in ref[2:].split("/"):
        node = node[part.replace("~1", "/").replace("~0", "~")]
    return node


def expand(document, node, inside=()):
    """A copy of node with every reference replaced by what it points to."""
    if isinstance(node, list):
        return [expand(document, x, inside) for x in node]
    if not isinstance(node, dict):
        return node
    if "$ref" not in node:
        return {k: expand(document, v, inside) for k, v in node.items()}
    ref = node["$ref"]
    if ref in inside:
        raise ValueError(f"{ref} contains itself")
    target = expand(document, look_up(document, ref), inside + (ref,))
    rest = {k: expand(document, v, inside) for k, v in node.items() if k != "$ref"}
    return {"allOf": [target], **rest} if rest else copy.deepcopy(target)


def complaint(schema, value):
    """What is wrong with value, or None."""
    error = best_match(Validator(schema).iter_errors(value))
    if error is None:
        return None
    return f"at /{'/'.join(str(p) for p in error.absolute_path)}: {error.message}"


class Document:
    def __init__(self, source=None):
        self.source = source if source is not None else load()
        whole = expand(self.source, self.source)
        self.prefixes = [s["url"].rstrip("/") for s in whole["servers"]]
        self.other_path = whole["x-other-path"]
        self.other_method = whole["x-other-method"]
        self.options = whole["x-options"]
        self.problem = whole["components"]["schemas"]["Problem"]
        self.paths = []
        for template, item in whole["paths"].items():
            pattern = re.compile("/".join("[^/]+" if p.startswith("{") else re.escape(p)
                                          for p in template.split("/")))
            self.paths.append((pattern, template, {k: v for k, v in item.items() if k in METHODS}))

    def below(self, target):
        """The path below a server's prefix, None when it is not the API's."""
        path = target.partition("?")[0]
        for prefix in self.prefixes:
            if path.startswith(prefix + "/"):
                return path[len(prefix):]
        return None

    def operation(self, method, path):
        """(what it is, the operation) for a request."""
        for pattern, template, item in self.paths:
            if not pattern.fullmatch(path):
                continue
            name = f"{method} {template}"
            method = "get" if method == "HEAD" else method.lower()
            if method in item:
                return name, item[method]
            return name, self.options if method == "options" else self.other_method
        return f"{method} of an unknown path", self.other_path

    def check(self, method, target, status, headers, body):
        """Raises Mismatch unless the document allows this answer.  target: path and query
        with the server's prefix; headers: as http.client has them, or a dict."""
        path = self.below(target)
        if path is None:
            return
        name, operation = self.operation(method, path)
        headers = {k.lower(): v for k, v in headers.items()}
        try:
            if "x-request-id" not in headers and status in WEB_SERVER:
                self.check_web_server(status, headers, body)
            else:
                self.check_answer(method, operation, status, headers, body)
        except Mismatch as e:
            raise Mismatch(f"{name} ({target}) answered {status}: {e}\n{headers}\n{bytes(body or b'')[:1000]!r}") from None

    def check_answer(self, method, operation, status, headers, body):
        response = operation["responses"].get(str(status))
        if response is None:
            raise Mismatch(f"the document has only {', '.join(operation['responses'])}")
        for name, header in response.get("headers", {}).items():
            value = headers.get(name.lower())
            if value is None:
                if header.get("required"):
                    raise Mismatch(f"no header {name}")
                continue
            wrong = complaint(header["schema"], value)
            if wrong:
                raise Mismatch(f"header {name}: {wrong}")
        content = response.get("content", {})
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        if not content:
            if body:
                raise Mismatch("a body, where the document has none")
            return
        if kind not in content:
            raise Mismatch(f"content type {kind!r}, not {' or '.join(content)}")
        if method == "HEAD":
            if body:
                raise Mismatch("a body after HEAD")
            return
        value = self.parse(body) if kind.endswith("json") else body.decode()
        wrong = complaint(content[kind].get("schema", True), value)
        if wrong:
            raise Mismatch(wrong)
        if kind == "application/problem+json" and value["instance"] != headers["x-request-id"]:
            raise Mismatch("instance is not X-Request-Id")

    def check_web_server(self, status, headers, body):
        """Whatever it says; but when it means to speak our language, then without mistakes."""
        if headers.get("content-type", "").partition(";")[0].strip() != "application/problem+json" or not body:
            return
        value = self.parse(body)
        schema = dict(self.problem, required=["type", "title", "status"])
        # A configuration may know no more than that.
        schema["properties"] = {k: v for k, v in self.problem["properties"].items()
                                if k in ("type", "title", "status")}
        wrong = complaint(schema, value)
        if wrong:
            raise Mismatch(wrong)
        if value["status"] != status:
            raise Mismatch(f"status {value['status']} in the body")

    @staticmethod
    def parse(body):
        try:
            return json.loads(body)
        except ValueError as e:
            raise Mismatch(f"not JSON: {e}") from None


def watch(api):
    """From now on every answer that api.call returns is held against the document."""
    document = Document()
    call = api.call

    def checked(self, method, path, *args, **kw):
        answer = call(self, method, path, *args, **kw)
        document.check(method, self.url.path + path, answer.status, answer.headers, answer.body)
        return answer

    api.call = checked
