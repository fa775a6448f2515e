"""Law 2: cutting the bytes anywhere gives the same events."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ..cases import Case, load_answered
from ..playback import play, translate, upstream_wire
from .completions import Completion, chunks_of, completions
from .requests import requests

JSON = dict[str, Any]

_LINE_ENDS = (b"\n", b"\r\n", b"\r")


@given(requests(), completions(), st.integers(0, 2**32))
def test_bytes_cut_anywhere_give_the_same_events(request: JSON, completion: Completion, seed: int) -> None:
    random = Random(seed)
    body = upstream_wire(chunks_of(completion, random)).replace(b"\n", random.choice(_LINE_ENDS))
    call = translate(request)
    places = sorted(random.sample(range(len(body)), 12))
    pieces = [body[start:end] for start, end in zip([0, *places], [*places, None], strict=True)]
    assert play(call, pieces) == play(call, [body])


@pytest.mark.parametrize("case", load_answered("responses_over_chat"), ids=str)
def test_a_case_that_arrives_byte_by_byte_gives_the_same_events(case: Case) -> None:
    assert case.upstream is not None
    call = translate(case.request, case.dialect)
    bytewise = (case.upstream[place : place + 1] for place in range(len(case.upstream)))
    assert play(call, bytewise) == play(call, [case.upstream])
