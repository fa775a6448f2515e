from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from tests.cases import Case, load
from tests.laws.requests import conversations
from translator import InvalidRequest, Unsupported
from translator.responses_over_chat import translate_request
from translator.server.demo.request import read


@pytest.mark.parametrize("case", load("responses_over_chat"), ids=str)
def test_what_the_core_makes_of_a_case_is_good_enough_for_the_strict_demo(case: Case) -> None:
    try:
        call = translate_request(case.request)
    except (InvalidRequest, Unsupported):
        return
    read(call.chat_request)


@given(conversations())
def test_what_the_core_makes_of_any_conversation_is_good_enough_for_the_strict_demo(
    requests: list[dict[str, Any]],
) -> None:
    for request in requests:
        read(translate_request(request).chat_request)
