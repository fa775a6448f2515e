"""Law 3: the events obey the grammar, count from zero, and end in the output they told of."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.errors import UpstreamError

from ..cases import Case, load_answered
from ..playback import CREATED_AT, RESPONSE_ID, play, play_chunks, translate
from .completions import Completion, chunks_of, completions
from .grammar import assert_grammatical
from .requests import requests

JSON = dict[str, Any]


@given(requests(), completions(), st.integers(0, 2**32))
def test_the_events_of_any_stream_obey_the_grammar(request: JSON, completion: Completion, seed: int) -> None:
    assert_grammatical(play_chunks(translate(request), chunks_of(completion, Random(seed))).events)


@given(requests(), completions(), st.integers(0, 2**32))
def test_a_stream_that_breaks_off_anywhere_obeys_the_grammar(request: JSON, completion: Completion, seed: int) -> None:
    random = Random(seed)
    chunks = chunks_of(completion, random)
    stream = translate(request).stream(response_id=RESPONSE_ID, created_at=CREATED_AT)
    events = []
    for chunk in chunks[: random.randrange(len(chunks))]:
        events += stream.receive(chunk)
    events += stream.fail(UpstreamError("The upstream is gone."))
    assert_grammatical(events)
    assert events[-1]["type"] == "response.failed"
    assert events[-1]["response"]["error"]["message"] == "The upstream is gone."


@given(requests(), completions(), st.integers(0, 2**32))
def test_a_heartbeat_may_stand_between_any_two_events(request: JSON, completion: Completion, seed: int) -> None:
    stream = translate(request).stream(response_id=RESPONSE_ID, created_at=CREATED_AT)
    events = stream.open()
    for chunk in chunks_of(completion, Random(seed)):
        events += stream.heartbeat()
        events += stream.receive(chunk)
    events += stream.finish()
    assert_grammatical(events)


@given(requests(), completions(), st.integers(0, 2**32))
def test_an_event_never_changes_after_it_was_told(request: JSON, completion: Completion, seed: int) -> None:
    call = translate(request)
    stream = call.stream(response_id=RESPONSE_ID, created_at=CREATED_AT)
    told = []
    kept = []
    for chunk in [*chunks_of(completion, Random(seed)), None]:
        events = stream.finish() if chunk is None else stream.receive(chunk)
        told += [repr(event) for event in events]
        kept += events
    assert [repr(event) for event in kept] == told


@pytest.mark.parametrize("case", load_answered("responses_over_chat"), ids=str)
def test_the_events_of_a_case_obey_the_grammar(case: Case) -> None:
    assert case.upstream is not None
    assert_grammatical(play(translate(case.request, case.dialect), [case.upstream]).events)
