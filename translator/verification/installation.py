"""What this installation makes of the cases, against what the corpus says."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from typing import NamedTuple

from ..corpus import Case, render, snapshots

_SHOWN = 12
"""Lines that are shown of one difference."""


class Difference(NamedTuple):
    """One file of a case that is not what the corpus has."""

    file: str
    lines: list[str]
    """What differs, as `diff` writes it: the corpus's lines after a minus."""


def verify_installation(case: Case) -> list[Difference]:
    """Where this installation's translation of a case differs from the corpus; nowhere, if all is well."""
    expected, found = snapshots(case), render(case)
    names = sorted(expected.keys() | found.keys())
    return [
        Difference(name, list(_diff(expected.get(name, b""), found.get(name, b""))))
        for name in names
        if expected.get(name) != found.get(name)
    ]


def _diff(expected: bytes, found: bytes) -> Iterator[str]:
    before, after = (text.decode("utf-8", "replace").splitlines() for text in (expected, found))
    told = difflib.unified_diff(before, after, n=0, lineterm="")
    changed = [line for line in told if not line.startswith(("---", "+++", "@@"))]
    yield from (line[:160] for line in changed[:_SHOWN])
    if len(changed) > _SHOWN:
        yield f"… and {len(changed) - _SHOWN} more lines"
