"""What `translator convert` costs: CPU time against reading and writing the same lines, and memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from translator.conversion import Converter, Report, convert_file

from .corpus_lines import requests

SIZE = 200_000_000
LIMITS = {"responses": 1.5, "chat": 1.5}

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
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
process.returncode = os.waitstatus_to_exitcode(status)
print(process.returncode, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)
"""


def run(*command: str | Path) -> Cost:
    """What a program costs, from its start to its end.

    A small process starts it: the peak of one that these tests started would be theirs, where theirs is higher.
    """
    measure = [sys.executable, "-c", MEASURE, sys.executable, *map(str, command)]
    said = subprocess.run(measure, capture_output=True, text=True, check=True).stdout.split()
    assert said[0] == "0"
    return Cost(float(said[1]), int(said[2]))


@pytest.mark.benchmark
@pytest.mark.parametrize("to", LIMITS)
def test_converting_costs_little_more_than_reading_and_writing(tmp_path: Path, to: str) -> None:
    source = tmp_path / "requests.jsonl"
    with source.open("wb") as file:
        for line in requests(SIZE):
            file.write(line)
    if to == "chat":  # what the other way makes of it
        chat, source = source, tmp_path / "responses.jsonl"
        with chat.open("rb") as read, source.open("wb") as file:
            convert_file(read, file.write, Converter("responses"), Report(print))
    plain = run("-c", READ_AND_WRITE, source)
    cost = run("-m", "translator", "convert", "--to", to, source)
    ratio = cost.seconds / plain.seconds
    print(f"\nconvert --to {to}: {ratio:.2f} of json.loads and json.dumps, {cost.memory / 1024 / 1024:.0f} MB")
    assert ratio <= LIMITS[to]
    assert cost.memory < MEMORY
