"""What a chat request says that a Responses request cannot."""

from __future__ import annotations

from translator import chat_over_responses


def test_fields_of_messages_that_responses_cannot_carry_are_reported_and_empty_ones_are_not() -> None:
    citation = {"type": "url_citation", "url_citation": {"url": "https://a.example", "start_index": 0, "end_index": 2}}
    call = chat_over_responses.translate_request(
        {
            "model": "m",
            "messages": [
                {"role": "user", "content": "Hello", "mood": "good"},
                {"role": "assistant", "content": "Hi", "annotations": [citation], "weird": 5},
                {"role": "user", "content": "Again"},
                {"role": "assistant", "content": "Hi", "annotations": [], "refusal": None, "audio": None},
                {"role": "user", "content": "And again"},
            ],
        }
    )
    lost = [loss.path for loss in call.losses]
    assert lost == ["messages[0].mood", "messages[1].annotations", "messages[1].weird"]
