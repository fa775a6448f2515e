"""What `translator convert` costs: CPU time against reading and writing the same lines, and memory."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from translator.conversion import Converter, Report, convert_file

from .corpus_lines import requests

SIZE = 200_000_000
LIMITS = {"long": 1.5, "short": 1.6}

MEMORY = 150 * 1024 * 1024

READ_AND_WRITE = """
import json, sys
for line in open(sys.argv[1], "rb"):
    sys.stdout.buffer.write(json.dumps(json.loads(line)).encode() + b"\\n")
"""


class Cost(NamedTuple):
    seconds: float
    """Of CPU, of user and system."""

    memory: int
    """At its peak, in bytes."""


MEASURE = """
import os, subprocess, sys
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
process.returncode = os.waitstatus_to_exitcode(status)
print(process.returncode, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)
"""


def start(*command: str | Path) -> subprocess.Popen[str]:
    """Start a program that is measured, from its start to its end, on the first core.

    A small process starts it: the peak of one that these tests started would be theirs, where theirs is higher.
    """
    measure = [sys.executable, "-c", MEASURE, sys.executable, *map(str, command)]
    # an installed program has its bytecode, whatever these tests run under
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return subprocess.Popen(measure, env=environment, stdout=subprocess.PIPE, text=True)


def cost_of(program: subprocess.Popen[str]) -> Cost:
    """What a program cost, when it has ended."""
    status, seconds, memory = program.communicate()[0].split()
    assert status == "0"
    return Cost(float(seconds), int(memory))


@pytest.mark.benchmark
@pytest.mark.parametrize("lines", LIMITS)
@pytest.mark.parametrize("to", ["responses", "chat"])
def test_converting_costs_little_more_than_reading_and_writing(tmp_path: Path, to: str, lines: str) -> None:
    source = tmp_path / "requests.jsonl"
    with source.open("wb") as file:
        for line in requests(SIZE, short=lines == "short"):
            file.write(line)
    if to == "chat":  # what the other way makes of it
        chat, source = source, tmp_path / "responses.jsonl"
        with chat.open("rb") as read, source.open("wb") as file:
            convert_file(read, file.write, Converter("responses"), Report(print))
    # both at once and on one core: a core may be half as quick from one second to the next, and two differ
    converting = start("-m", "translator", "convert", "--to", to, source)
    plain = [cost_of(start("-c", READ_AND_WRITE, source)).seconds]
    while converting.poll() is None:
        plain.append(cost_of(start("-c", READ_AND_WRITE, source)).seconds)
    cost = cost_of(converting)
    ratio = cost.seconds * len(plain) / sum(plain)
    memory = cost.memory / 1024 / 1024
    print(f"\nconvert --to {to}, {lines} lines: {ratio:.2f} of json.loads and json.dumps, {memory:.0f} MB")
    assert ratio <= LIMITS[lines]
    assert cost.memory < MEMORY
