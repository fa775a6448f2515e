"""What upstreams are known to do in their streams has a case each, and so passes all the laws."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from .cases import load

QUIRKS: dict[str, list[str]] = {
    f"{group}: {quirk}": cases
    for group, quirks in tomllib.loads(Path(__file__).with_name("quirks.toml").read_text("utf-8")).items()
    for quirk, cases in quirks.items()
}
CASES = {case.name: case for case in load("responses_over_chat")}


@pytest.mark.parametrize("quirk", QUIRKS)
def test_a_quirk_has_cases_in_which_an_upstream_answers(quirk: str) -> None:
    assert QUIRKS[quirk]
    for name in QUIRKS[quirk]:
        assert CASES[name].upstream is not None


def test_no_case_stands_for_two_quirks_and_there_are_enough() -> None:
    named = [name for cases in QUIRKS.values() for name in cases]
    assert len(named) == len(set(named))
    assert len(QUIRKS) >= 74
    assert sum(CASES[name].upstream_streams for name in named) >= 60
