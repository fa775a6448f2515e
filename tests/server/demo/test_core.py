from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from tests.laws.requests import conversations
from translator import InvalidRequest, Unsupported
from translator.responses_over_chat import translate_request
from translator.server.demo.request import read

CASES = Path(__file__).parents[2] / "cases" / "responses_over_chat"


@pytest.mark.parametrize("case", sorted(path.parent.name for path in CASES.glob("*/request.json")))
def test_what_the_core_makes_of_a_case_is_good_enough_for_the_strict_demo(case: str) -> None:
    request = json.loads((CASES / case / "request.json").read_bytes())
    try:
        call = translate_request(request)
    except (InvalidRequest, Unsupported):
        return
    read(call.chat_request)


@given(conversations())
def test_what_the_core_makes_of_any_conversation_is_good_enough_for_the_strict_demo(
    requests: list[dict[str, Any]],
) -> None:
    for request in requests:
        read(translate_request(request).chat_request)
