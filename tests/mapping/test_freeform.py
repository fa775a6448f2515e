"""The input of a freeform tool, however a model says it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.mapping.freeform import Unwrapper, wrap

from .test_json_string import cut, whole

_CUTS = st.lists(st.integers(0, 80), max_size=6)
_FRAGMENTS = st.sampled_from(
    (
        '{"input"',
        ": ",
        '"',
        "}",
        ",",
        "{",
        '\\"',
        "\\",
        "\n",
        "```",
        "```\n",
        "js",
        " ",
        '"input": "',
        "a",
        "1",
        "]",
        "👩",
    )
)


def unwrap(*pieces: str, grammar: bool = False) -> str:
    unwrapper = Unwrapper(grammar=grammar)
    return "".join([*map(unwrapper.receive, pieces), unwrapper.finish()])


@given(st.text(), _CUTS, st.booleans())
def test_what_is_wrapped_is_unwrapped_however_it_is_cut(text: str, places: list[int], grammar: bool) -> None:
    text = "x" + text  # else it may be fenced, and the fence is no part of what a grammar makes
    assert unwrap(*cut(wrap(text), places), grammar=grammar) == text


@given(st.text(), st.sampled_from((None, 1)), st.booleans(), _CUTS)
def test_any_json_of_the_offered_shape_is_understood(
    text: str, indent: int | None, ascii: bool, places: list[int]
) -> None:
    written = json.dumps({"input": text}, indent=indent, ensure_ascii=ascii)
    assert unwrap(*cut(written, places)) == whole(text)


@given(st.lists(_FRAGMENTS, max_size=10).map("".join), _CUTS, st.booleans())
def test_anything_at_all_gives_the_same_however_it_is_cut(arguments: str, places: list[int], grammar: bool) -> None:
    pieces = cut(arguments, places)
    first, second = Unwrapper(grammar=grammar), Unwrapper(grammar=grammar)
    told = "".join([*map(first.receive, pieces), first.finish()])
    assert told == second.receive(arguments) + second.finish()
    assert first.beside == second.beside


@pytest.mark.parametrize(
    ("arguments", "input"),
    [
        ("*** Begin Patch\n*** End Patch", "*** Begin Patch\n*** End Patch"),
        ("  indented", "  indented"),
        ("{ const a = 1 }", "{ const a = 1 }"),
        ('{"patch": "*** Begin Patch"}', "*** Begin Patch"),
        ('"ls -l"', "ls -l"),
        ('"use strict"; f()', '"use strict"; f()'),
        ("```js\nf()\n\ng()\n```\n", "f()\n\ng()"),
        ('```json\n{"input": "ls"}\n```', "ls"),
        ("```\na\n```\nand\n```\nb\n```", "```\na\n```\nand\n```\nb\n```"),
        ("```js\nf()", "```js\nf()"),
        ("", ""),
        ("{}", ""),
        ('{"input": null}', ""),
        ('{"input": {"a": [1]}}', '{"a":[1]}'),
        ('{"limit": 5}', '{"limit": 5}'),
        ('{"a": "b", "c": "d"}', '{"a": "b", "c": "d"}'),
        ('["a"]', '["a"]'),
        ('{"input": "cut', "cut"),
        ('{"patch": "cut', "cut"),
        ('{"inp', '{"inp'),
    ],
)
def test_the_input_is_found_wherever_a_model_puts_it(arguments: str, input: str) -> None:
    assert unwrap(arguments) == input


@pytest.mark.parametrize(
    ("arguments", "input"),
    [
        ('{"input": "print("hi", "you")"}', 'print("hi", "you")'),
        ('{"input": "x = {"a": "b", "c": "d"}"}', 'x = {"a": "b", "c": "d"}'),
        ('{"input": "a "quoted" word"}', 'a "quoted" word'),
        ('{"code": "print("hi")\nprint(2)"}', 'print("hi")\nprint(2)'),
        ('{"input": "one\ntwo"}', "one\ntwo"),
    ],
)
def test_json_with_quotes_nobody_escaped_is_read_as_it_was_meant(arguments: str, input: str) -> None:
    assert unwrap(arguments) == input
    assert unwrap(*arguments) == input


def test_arguments_beside_the_input_are_named() -> None:
    unwrapper = Unwrapper(grammar=False)
    assert unwrapper.receive('{"input": "ls", "timeout": 5, "why": "because"}') + unwrapper.finish() == "ls"
    assert unwrapper.beside == ["timeout", "why"]
    unwrapper = Unwrapper(grammar=False)
    assert unwrapper.receive('{"why": "because", "input": "ls"}') + unwrapper.finish() == "ls"
    assert unwrapper.beside == ["why"]


def test_a_fence_in_the_json_is_the_inputs_own_unless_a_grammar_forbids_it() -> None:
    arguments = wrap("```js\nf()\n```")
    assert unwrap(arguments, grammar=False) == "```js\nf()\n```"
    assert unwrap(arguments, grammar=True) == "f()"


@pytest.mark.parametrize("arguments", [wrap("const answer = 42\n" * 3), "const answer = 42\n" * 3])
def test_the_input_is_told_while_it_comes(arguments: str) -> None:
    unwrapper = Unwrapper(grammar=True)
    told = 0
    for place, character in enumerate(arguments):
        told += len(unwrapper.receive(character))
        assert told >= place - 20, "held back"


def test_many_quotes_nobody_escaped_take_no_longer_than_their_number() -> None:
    quotes = '"x' * 100_000
    assert unwrap(f'{{"input": "{quotes}"}}') == quotes
