"""A reply that is over is let go at once: nothing holds itself in a circle that only the garbage collector would find.

Passes over such circles were a tenth of what a request cost, and a long reply lay in memory until the next one.
"""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from .. import chat_playback, playback
from ..cases import Case, load_answered


@pytest.fixture(autouse=True)
def _no_collector() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("case", load_answered("responses_over_chat"), ids=str)
def test_a_stream_of_responses_is_let_go_when_it_is_over(case: Case) -> None:
    assert case.upstream is not None
    stream = playback.translate(case.request, case.dialect).stream(response_id="resp_1")
    stream.receive_bytes(case.upstream)
    stream.finish()
    held = weakref.ref(stream)
    del stream
    assert held() is None


@pytest.mark.parametrize("case", load_answered("chat_over_responses"), ids=str)
def test_a_stream_of_chat_is_let_go_when_it_is_over(case: Case) -> None:
    assert case.upstream is not None
    stream = chat_playback.translate_case(case).stream()
    stream.receive_bytes(case.upstream)
    stream.finish()
    held, reader = weakref.ref(stream), weakref.ref(stream._reader)
    del stream
    assert held() is None
    assert reader() is None
