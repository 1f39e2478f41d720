"""Which figures of which suite are drawn: each suite's results → bench/results/SUITE-NAME.svg."""
import json

import chart


def pick(result, groups, **names):
    """{group: {series: result[group][key]}} for the groups that are there."""
    return {g: {label: result[g][key] for label, key in names.items() if key in result[g]} for g in groups if g in result}


def ingest(r):
    one = r["one"]
    for key, title, unit in (("rate", "Events accepted, one a request", "per second"),
                             ("cpu_us", "CPU of all processes for one event", "µs"), ("p99", "p99 of the answer", "ms")):
        groups = {name: {f"{c} connections": one[c][name].get("spread", {}).get(key, one[c][name][key])
                         for c in one if name in one[c]} for name in next(iter(one.values()))}
        yield key.replace("_us", ""), title, unit, groups
    ours = {f"{c} connections": one[c]["callhook"]["cpu_by_name"] for c in one}
    yield "processes", "Where callhook's CPU for one event goes", "µs", ours
    yield "hundred", "Events accepted, 100 a request", "per second", {k: {"": v} for k, v in r["hundred"]["rates"].items()}
    if "idle" in r:
        yield "idle", "The answer at 50 requests a second", "ms", pick(r["idle"], list(r["idle"]), p50="p50", p99="p99")


def deliver(r):
    names = [n for n in r if isinstance(r[n], dict) and "rate" in r[n]]
    yield "rate", "Deliveries of 1 kB", "per second", {n: {"": r[n]["rate"]} for n in names}
    yield "cpu", "CPU for one delivery", "µs", {n: {"": r[n]["cpu_us"]} for n in names}


def latency(r):
    yield "arrival", "From the answer to the arrival, 50 calls a second", "ms", {
        p: {"": r["arrival"][p]} for p in ("p50", "p90", "p99", "max") if p in r["arrival"]}


def isolation(r):
    yield "p99", "Healthy webhooks, from answer to arrival", "ms", {
        name: {"p50": r[key]["p50"], "p99": r[key]["p99"]}
        for name, key in (("alone", "alone"), ("beside a dead address", "beside")) if key in r}


def backlog(r):
    yield "rate", "Drain out of a backlog of", "deliveries per second", {
        f"{int(n):,}": {"": r[n]["rate"]} for n in r if n.isdigit()}


def xmin(r):
    yield "rate", "Deliveries beside an old transaction", "per second", {
        name: {"": r[key]["rate"]} for name, key in (("without", "free"), ("with", "held")) if key in r}


def recovery(r):
    yield "restart", "From kill -9 to the next delivery", "s", {
        name: {"": r[key]} for name, key in (("median", "median_s"), ("worst", "worst_s")) if key in r}


def growth(r):
    cases = r["cases"]
    yield "cpu", "CPU of all processes for one", "µs", {n: {"an event": c["event_us"], "a delivery": c["delivery_us"]} for n, c in cases.items()}
    yield "rate", "Events and deliveries", "per second", {n: {"events": c["events"], "deliveries": c["deliveries"]}
                                                 for n, c in cases.items()}


def overload(r):
    pools = [name for name in r if isinstance(r[name], dict) and "twice" in r[name]]
    yield "p99", "Twice the capacity, mostly on a slow disk: p99 of what is accepted", "ms", {
        name: {when: r[name][when]["accepted"]["p99"] for when in ("half", "twice", "after")} for name in pools}
    yield "rate", "Twice the capacity offered", "events per second", {
        name: {"capacity": r[name]["capacity"], "accepted": r[name]["twice"]["accepted_rate"],
               "refused": r[name]["twice"]["refused"]["n"] / max(r[name]["twice"]["offered"], 1) * r[name]["twice"]["rate"]}
        for name in pools}
    if "bursts" in r:
        yield "bursts", "Events at one moment: p99 of the accepted", "ms", {
            f"{n} events": {"": b["p99"]} for n, b in r["bursts"].items()}


def draw(path):
    """The charts of one result file; returns their paths."""
    result = json.loads(path.read_text())
    about = result["machine"]
    note = f"{about['cores']} cores, {about['cpu']}, Linux {about['kernel']}, {about['date']}, commit {about['commit']}"
    made = []
    for name, title, unit, groups in globals()[result["suite"]](result):
        target = path.with_name(f"{path.stem}-{name}.svg")
        target.write_text(chart.bars(title, unit, groups, note))
        made.append(target)
    return made
