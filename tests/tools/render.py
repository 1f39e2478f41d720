"""What must arrive for a webhook and an event: the rules of the request, written
a second time and independently of src/hook, for the checks to compare with."""
import json
from urllib.parse import quote, quote_plus

# CallKeeper's names of nested values; all others stand for themselves.
NESTED = {
    "current": "visit_info.current",
    "first": "visit_info.first",
    "pgs": "visit_info.session.pgs",
    "cpg": "visit_info.session.cpg",
    "vst": "visit_info.udata.vst",
    "uag": "visit_info.udata.uag",
    "uip": "visit_info.udata.uip",
}


def value_of(service, parameter, data):
    path = NESTED.get(parameter, parameter) if service == "callkeeper" else parameter
    for key in path.split("."):
        if not isinstance(data, dict):
            return None
        data = data.get(key)
    return data


def fields(hook, data):
    """Ordered (name, value); the whole of data when nothing was chosen."""
    if not hook["params"]:
        return list(data.items()) if hook["service"] == "callkeeper" else []
    return [
        (p["name"], p["text"] if "text" in p else value_of(hook["service"], p["value"], data))
        for p in hook["params"]
    ]


def flat(name, value):
    """(name, text) as PHP's http_build_query names them."""
    if isinstance(value, dict):
        return [x for k, v in value.items() for x in flat(f"{name}[{k}]", v)]
    if isinstance(value, list):
        return [x for i, v in enumerate(value) for x in flat(f"{name}[{i}]", v)]
    if value is None:
        return [(name, "")]
    if isinstance(value, bool):
        return [(name, "1" if value else "0")]
    return [(name, str(value))]


def pairs(hook, data):
    return [x for name, value in fields(hook, data) for x in flat(name, value)]


def encode(items, plus):
    q = quote_plus if plus else (lambda s: quote(s, safe=""))
    return "&".join(q(k) + "=" + q(v) for k, v in items)


def target_of(hook):
    path = hook["path"] if hook["path"].startswith("/") else "/" + hook["path"]
    return quote(path, safe="/?&=%-._~!$'()*+,;:@")


def request(hook, data):
    """(method, target, content type or None, body)"""
    target = target_of(hook)
    if hook["method"] == "GET":
        query = encode(pairs(hook, data), plus=False)
        if query:
            target += ("&" if "?" in target else "?") + query
        return "GET", target, None, b""
    kind = hook["content_type"]
    if kind == "application/json":
        body = json.dumps(dict(fields(hook, data)), ensure_ascii=False, separators=(",", ":"))
    else:
        body = encode(pairs(hook, data), plus=True)
    return hook["method"], target, kind, body.encode()


def php_array(items):
    """$_GET or $_POST of (name, text) pairs, as json_encode would show it."""
    root = {}
    for name, text in items:
        head, *rest = name.split("[")
        keys = [head.replace(".", "_").replace(" ", "_")] + [r.rstrip("]") for r in rest]
        at = root
        for key in keys[:-1]:
            at = at.setdefault(key, {})
        at[keys[-1]] = text
    return php_lists(root)


def php_lists(value):
    if not isinstance(value, dict):
        return value
    value = {k: php_lists(v) for k, v in value.items()}
    if value and list(value) == [str(i) for i in range(len(value))]:
        return list(value.values())
    return value


def once(items):
    """A form as Go's url.Values are handed on: names with one text each."""
    return dict(items)
