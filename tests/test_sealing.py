from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator import InvalidRequest, responses_over_chat
from translator.dialects import Dialect
from translator.responses_over_chat import ReplyOptions
from translator.sealing import Seal

SEAL = Seal(b"a key of enough entropy")
OPTIONS = ReplyOptions(sealer=SEAL)
CONVERSATION: list[dict[str, Any]] = [
    {"role": "user", "content": "My name is Ada."},
    {"role": "assistant", "content": "Hello, Ada."},
]
TRIGGER = {"type": "compaction_trigger"}


def answer(call: responses_over_chat.Translation, **message: Any) -> dict[str, Any]:
    completion = {"choices": [{"message": message, "finish_reason": "stop"}]}
    return call.translate_response(completion, response_id="resp_1")


@given(st.text(), st.dictionaries(st.text(), st.text()))
def test_what_was_sealed_opens_as_it_was(kind: str, content: dict[str, str]) -> None:
    assert SEAL.open(kind, SEAL.close(kind, content), "p") == content


def test_the_same_content_is_sealed_to_the_same_text_and_cannot_be_read() -> None:
    sealed = SEAL.close("reasoning", {"text": "secret thoughts"})
    assert sealed == SEAL.close("reasoning", {"text": "secret thoughts"})
    assert b"secret" not in base64.urlsafe_b64decode(sealed[4:] + "==")


def test_what_others_sealed_is_not_opened_and_not_refused() -> None:
    assert SEAL.open("reasoning", "gAAAAABpM0Yj-foreign", "p") is None


@given(st.integers(0, 60), st.integers(1, 255))
def test_what_was_altered_is_refused(position: int, change: int) -> None:
    sealed = SEAL.close("reasoning", {"text": "some longer reasoning that fills it"})
    raw = bytearray(base64.urlsafe_b64decode(sealed[4:] + "=" * (-len(sealed[4:]) % 4)))
    raw[position % len(raw)] ^= change
    with pytest.raises(InvalidRequest) as caught:
        SEAL.open("reasoning", "rt1." + base64.urlsafe_b64encode(raw).rstrip(b"=").decode(), "input[0]")
    assert caught.value.param == "input[0]"


@pytest.mark.parametrize("sealed", ["rt1.", "rt1.!!!!", "rt1.AAAA", "rt1.é"])
def test_what_only_looks_sealed_is_refused(sealed: str) -> None:
    with pytest.raises(InvalidRequest):
        SEAL.open("reasoning", sealed, "p")


@pytest.mark.parametrize("other", [SEAL.of("another"), Seal(b"another key")])
def test_what_was_sealed_for_another_cannot_be_opened(other: Seal) -> None:
    with pytest.raises(InvalidRequest):
        other.open("reasoning", SEAL.close("reasoning", {"text": "t"}), "p")
    with pytest.raises(InvalidRequest):
        SEAL.open("compaction", SEAL.close("reasoning", {"text": "t"}), "p")


def test_reasoning_is_sealed_where_the_client_asks_and_comes_back_to_the_upstream() -> None:
    request = {"model": "m", "input": "Hi", "store": False, "include": ["reasoning.encrypted_content"]}
    call = responses_over_chat.translate_request(request, options=OPTIONS)
    assert not call.losses
    (thought, message) = answer(call, content="Hello.", reasoning_content="Be kind.")["output"]
    sealed = {
        "type": "reasoning",
        "id": thought["id"],
        "summary": [],
        "encrypted_content": thought["encrypted_content"],
    }
    replaying = Dialect(reasoning_replay="all")
    again = responses_over_chat.translate_request(
        {"model": "m", "store": False, "input": [{"role": "user", "content": "Hi"}, sealed, message]},
        dialect=replaying,
        options=OPTIONS,
    )
    assert again.chat_request["messages"][1] == {
        "role": "assistant",
        "content": "Hello.",
        "reasoning_content": "Be kind.",
    }


def test_reasoning_is_not_sealed_where_nobody_asks_and_reported_where_there_is_no_key() -> None:
    request = {"model": "m", "input": "Hi", "store": False}
    call = responses_over_chat.translate_request(request, options=OPTIONS)
    assert "encrypted_content" not in answer(call, content="Hello.", reasoning_content="Hm.")["output"][0]
    asked = {**request, "include": ["reasoning.encrypted_content"]}
    assert [loss.path for loss in responses_over_chat.translate_request(asked).losses] == ["include[0]"]


@pytest.mark.parametrize("sealed", ["", "gAAAA-foreign", None])
def test_reasoning_that_others_sealed_is_passed_over(sealed: str | None) -> None:
    item: dict[str, Any] = {"type": "reasoning", "summary": [], "encrypted_content": sealed}
    call = responses_over_chat.translate_request({"model": "m", "input": [item, *CONVERSATION]}, options=OPTIONS)
    assert len(call.chat_request["messages"]) == 2


def test_a_trigger_makes_exactly_one_compaction_item_of_the_conversation() -> None:
    tools = [{"type": "function", "name": "look_up"}]
    request = {"model": "m", "input": [*CONVERSATION, TRIGGER], "tools": tools, "store": False}
    call = responses_over_chat.translate_request(request, options=OPTIONS)
    assert "tools" not in call.chat_request
    assert [message["role"] for message in call.chat_request["messages"]] == ["user", "assistant", "user"]
    calls = [{"id": "c", "function": {"name": "look_up", "arguments": "{}"}}]
    response = answer(call, content="Ada said hello.", reasoning_content="Hm.", tool_calls=calls)
    item: dict[str, Any]
    (item,) = response["output"]
    assert item["type"] == "compaction"
    assert SEAL.open("compaction", item["encrypted_content"], "p") == {"summary": "Ada said hello."}
    assert response["tools"][0]["name"] == "look_up"


def test_a_compacted_conversation_is_context_again_when_it_comes_back() -> None:
    item = {"type": "compaction", "encrypted_content": SEAL.close("compaction", {"summary": "Ada said hello."})}
    request = {"model": "m", "input": [item, {"role": "user", "content": "Who am I?"}]}
    messages = responses_over_chat.translate_request(request, options=OPTIONS).chat_request["messages"]
    assert "Ada said hello." in messages[0]["content"]
    assert messages[1] == {"role": "user", "content": "Who am I?"}


@pytest.mark.parametrize("sealed", [None, "gAAAA-foreign", SEAL.close("reasoning", {"text": "t"})])
def test_a_compacted_conversation_that_cannot_be_opened_is_refused(sealed: str | None) -> None:
    with pytest.raises(InvalidRequest) as caught:
        responses_over_chat.translate_request(
            {"model": "m", "input": [{"type": "compaction", "encrypted_content": sealed}]}, options=OPTIONS
        )
    assert caught.value.param == "input[0].encrypted_content"


def test_a_summary_that_was_not_written_is_a_failure() -> None:
    call = responses_over_chat.translate_request({"model": "m", "input": [*CONVERSATION, TRIGGER]}, options=OPTIONS)
    stream = call.stream(response_id="resp_1")
    stream.receive({"choices": [{"delta": {"content": ""}, "finish_reason": "stop"}]})
    *_, error, failed = stream.finish()
    assert (error["code"], failed["response"]["error"]["code"]) == ("upstream_empty_summary", "server_error")


@pytest.mark.parametrize(("items", "options"), [([TRIGGER], OPTIONS), ([*CONVERSATION, TRIGGER], ReplyOptions())])
def test_compacting_nothing_or_without_a_key_is_refused(items: list[Any], options: ReplyOptions) -> None:
    with pytest.raises(InvalidRequest if options is OPTIONS else Exception) as caught:
        responses_over_chat.translate_request({"model": "m", "input": items}, options=options)
    assert getattr(caught.value, "param", None) == "input"
