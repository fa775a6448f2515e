"""The decoder of JSON strings: any cut gives the same, and that is what json.loads gives."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from translator.mapping.json_string import StringDecoder

# escapes, halves of pairs, and characters that look like a part of one
_AWKWARD = st.sampled_from(
    ('"', "\\", "/", "\n", "\t", "\b", "u", "d83d", "👩‍👩‍👧", "𝄞", "é", "\x00", "\u2028", "\ud83d", "\ude00")
)
_TEXTS = st.lists(st.characters() | _AWKWARD, max_size=8).map("".join)
_CUTS = st.lists(st.integers(0, 80), max_size=6)


def decode(pieces: list[str]) -> tuple[str, str, bool]:
    """The text, what stood behind the closing quote, and whether that was met."""
    decoder = StringDecoder()
    told, behind = [], []
    for piece in pieces:
        if decoder.ended:
            behind.append(piece)
            continue
        text, end = decoder.receive(piece)
        told.append(text)
        behind.append(piece[end:])
    told.append(decoder.finish())
    return "".join(told), "".join(behind), decoder.ended


def cut(text: str, places: list[int]) -> list[str]:
    borders = sorted({0, len(text), *(place for place in places if place < len(text))})
    return [text[start:end] for start, end in pairwise(borders)]


def whole(text: str) -> str:
    """The text with the halves of pairs joined and lone ones replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@given(_TEXTS, st.booleans(), _CUTS)
@example("\U0001f600", True, [1, 3, 6, 7, 8, 11])
def test_any_text_cut_anywhere_is_decoded_as_json_does(text: str, ascii: bool, places: list[int]) -> None:
    text = text if ascii else whole(text)
    written = json.dumps(text, ensure_ascii=ascii)
    assert decode(cut(written[1:], places)) == (whole(json.loads(written)), "", True)


@given(st.text('"\\u0dD8e3a/bn{', max_size=24), _CUTS)
def test_anything_at_all_is_decoded_the_same_however_it_is_cut(written: str, places: list[int]) -> None:
    assert decode(cut(written, places)) == decode([written])


@given(st.text(), st.text())
def test_what_stands_behind_the_closing_quote_is_left_alone(text: str, behind: str) -> None:
    written = json.dumps(text)
    assert StringDecoder().receive(written + behind, 1) == (text, len(written))


@given(_TEXTS, st.booleans())
def test_never_more_than_one_pairs_escapes_are_held_back(text: str, ascii: bool) -> None:
    written = json.dumps(text if ascii else whole(text), ensure_ascii=ascii)[1:-1]
    decoder = StringDecoder()
    told = ""
    for place, character in enumerate(written):
        told += decoder.receive(character)[0]
        assert whole(json.loads(f'"{written}"')).startswith(told)
        assert len(json.dumps(told, ensure_ascii=ascii)) - 2 >= place + 1 - 11


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("line\nbreak\ttab", "line\nbreak\ttab"),
        (r"\d+ \q", r"\d+ \q"),
        (r"\u12G4", r"\u12G4"),
        (r"\ud83d and \ude00", "\ufffd and \ufffd"),
        (r"\ud83d\n", "\ufffd\n"),
        (r"\ud83d\ud83d\ude00", "\ufffd\U0001f600"),
        ("cut \\", "cut "),
        (r"cut \u00", "cut "),
        (r"cut \ud83d\ude", "cut \ufffd"),
    ],
)
def test_what_is_no_json_is_read_as_it_was_meant(written: str, text: str) -> None:
    assert decode([written]) == (text, "", False)


def test_a_quote_can_be_taken_back() -> None:
    decoder = StringDecoder()
    first, end = decoder.receive('say "hi" now')
    decoder.ended = False
    second, end = decoder.receive('say "hi" now', end)
    assert (first, second) == ("say ", "hi")
    assert 'say "hi" now'[end:] == " now"
