"""Faults on purpose, on the same stacks as tests/system: each test does one kind of harm
while callers post, then audits (storm.py), and puts a row into the table that is
printed at the end and written to $CALLHOOK_CHAOS_TABLE."""
import importlib.util
import os
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
SYSTEM = os.path.join(os.path.dirname(HERE), "system")
sys.path.insert(0, SYSTEM)
spec = importlib.util.spec_from_file_location("stacks", os.path.join(SYSTEM, "conftest.py"))
stacks = importlib.util.module_from_spec(spec)
sys.modules["stacks"] = stacks
spec.loader.exec_module(stacks)

from storm import ROWS, Storm  # noqa: E402

SETTINGS = stacks.SETTINGS + """
sender.retries=300ms 300ms 500ms 1s 2s 2s 2s 2s 2s 2s
sender.timeout=5s
sender.in_flight=100
sender.window=16
api.workers=3
"""


def pytest_configure(config):
    config.addinivalue_line("markers", "short: also run by ./check without --chaos")


@pytest.fixture(scope="session")
def stack():
    s = stacks.Stack(SETTINGS)
    yield s
    s.close()


@pytest.fixture
def own_stack():
    """For what cannot be undone."""
    s = stacks.Stack(SETTINGS)
    yield s
    s.close()


@pytest.fixture
def storm(stack):
    s = Storm(stack)
    yield s
    s.stop()


@pytest.fixture
def own_storm(own_stack):
    s = Storm(own_stack)
    yield s
    s.stop()


def pytest_terminal_summary(terminalreporter):
    if not ROWS:
        return
    head = f"{'fault':<58}{'faults':>7}{'accepted':>10}{'delivered':>11}{'duplicates':>12}{'lost':>6}"
    lines = [head] + [f"{r[0]:<58}{r[1]:>7}{r[2]:>10}{r[3]:>11}{r[4]:>12}{r[5]:>6}" for r in ROWS]
    sums = [sum(r[i] for r in ROWS) for i in range(1, 6)]
    lines.append(f"{'all':<58}{sums[0]:>7}{sums[1]:>10}{sums[2]:>11}{sums[3]:>12}{sums[4]:>6}")
    terminalreporter.write_line("")
    for line in lines:
        terminalreporter.write_line(line)
    if os.environ.get("CALLHOOK_CHAOS_TABLE"):
        with open(os.environ["CALLHOOK_CHAOS_TABLE"], "w", encoding="utf-8") as f:
            f.write("\n".join(lines) + "\n")
