from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from translator.dialects import DEFAULT
from translator.errors import InvalidRequest, TranslatorError, Unsupported
from translator.mapping.content import chat_content, map_content, map_part
from translator.mapping.losses import Losses
from translator.responses_over_chat import translate_request

JSON = dict[str, Any]


@pytest.mark.parametrize(
    ("part", "chat"),
    [
        ({"type": "input_text", "text": "A"}, {"type": "text", "text": "A"}),
        ({"type": "output_text", "text": "A", "annotations": []}, {"type": "text", "text": "A"}),
        ({"type": "refusal", "refusal": "No"}, {"type": "refusal", "refusal": "No"}),
        (
            {"type": "input_image", "image_url": "https://example.com/a.png", "detail": "low"},
            {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}},
        ),
        (
            {"type": "input_file", "file_data": "data:application/pdf;base64,AA==", "filename": "a.pdf"},
            {"type": "file", "file": {"file_data": "data:application/pdf;base64,AA==", "filename": "a.pdf"}},
        ),
        (
            {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}},
            {"type": "input_audio", "input_audio": {"data": "AA==", "format": "wav"}},
        ),
    ],
)
def test_a_part_becomes_the_chat_part_that_says_the_same(part: JSON, chat: JSON) -> None:
    losses = Losses()
    assert map_part(part, "p", DEFAULT, losses) == chat
    assert not losses


def test_a_file_is_named_by_its_id_where_the_upstream_was_given_it() -> None:
    part = {"type": "input_file", "file_id": "file-1"}
    chat = {"type": "file", "file": {"file_id": "file-1"}}
    assert map_part(part, "p", replace(DEFAULT, file="upload"), Losses()) == chat


def test_a_detail_chat_does_not_know_is_sent_as_the_nearest_and_reported() -> None:
    losses = Losses()
    part = {"type": "input_image", "image_url": "data:image/png;base64,AA==", "detail": "original"}
    assert map_part(part, "input[0].content[1]", DEFAULT, losses)["image_url"]["detail"] == "high"
    assert [loss.path for loss in losses] == ["input[0].content[1].detail"]


def test_a_detail_is_left_out_and_reported_where_the_upstream_knows_none() -> None:
    losses = Losses()
    part = {"type": "input_image", "image_url": "data:,", "detail": "low"}
    mapped = map_part(part, "p", replace(DEFAULT, image_detail=False), losses)
    assert mapped == {"type": "image_url", "image_url": {"url": "data:,"}}
    assert [loss.path for loss in losses] == ["p.detail"]


@pytest.mark.parametrize(
    ("part", "dialect", "param", "error"),
    [
        ({"type": "input_image"}, {}, "p.image_url", InvalidRequest),
        ({"type": "input_image", "file_id": "file-1"}, {}, "p.file_id", Unsupported),
        (
            {"type": "input_image", "image_url": "https://x/y"},
            {"image": frozenset({"data"})},
            "p.image_url",
            Unsupported,
        ),
        ({"type": "input_image", "image_url": "data:,"}, {"image": frozenset()}, "p.image_url", Unsupported),
        ({"type": "input_file"}, {}, "p.file_data", InvalidRequest),
        ({"type": "input_file", "file_url": "https://x/y"}, {}, "p.file_url", Unsupported),
        ({"type": "input_file", "file_id": "file-1"}, {}, "p.file_id", Unsupported),
        ({"type": "input_file", "file_data": "AA==", "filename": "a.pdf"}, {"file": False}, "p", Unsupported),
        ({"type": "input_file", "file_data": "AA=="}, {"file": "upload"}, "p.file_data", Unsupported),
        ({"type": "input_file", "file_url": "https://x/y"}, {"file": "upload"}, "p.file_url", Unsupported),
        ({"type": "input_audio", "input_audio": {}}, {"audio": False}, "p", Unsupported),
        ({"type": "input_video"}, {}, "p.type", InvalidRequest),
    ],
)
def test_a_part_that_cannot_be_sent_is_refused_with_its_path(
    part: JSON, dialect: JSON, param: str, error: type[TranslatorError]
) -> None:
    with pytest.raises(error) as caught:
        map_part(part, "p", replace(DEFAULT, **dialect), Losses())
    assert caught.value.param == param
    assert caught.value.status == 400


def test_text_is_never_altered_when_it_becomes_a_string() -> None:
    part = {"type": "text", "text": "  A \n"}
    assert chat_content([part], arrays=True, separator="|", path="p") == "  A \n"
    assert chat_content([part, part], arrays=False, separator="", path="p") == "  A \n  A \n"


def test_a_part_that_is_no_text_is_refused_where_only_text_may_stand() -> None:
    with pytest.raises(Unsupported) as caught:
        chat_content([{"type": "image_url"}], arrays=False, separator="", path="input[0].content")
    assert caught.value.param == "input[0].content"


def test_what_a_part_says_besides_is_reported_and_how_an_answer_was_made_is_not() -> None:
    losses = Losses()
    parts: list[JSON] = [
        {"type": "input_text", "text": "A", "cache_control": {}, "tone": "warm"},
        {"type": "output_text", "text": "B", "annotations": [], "logprobs": [{"token": "B"}], "weight": 2},
        {"type": "input_image", "image_url": "data:image/png;base64,AA==", "alt": "a cat"},
        {"type": "input_file", "file_data": "data:application/pdf;base64,AA==", "filename": "a", "pages": 2},
    ]
    map_content(parts, "input[0].content", DEFAULT, losses)
    assert [loss.path for loss in losses] == [
        f"input[0].content[{index}].{key}" for index, key in enumerate(("tone", "weight", "alt", "pages"))
    ]


def test_citations_of_earlier_answers_are_reported_wherever_they_stand() -> None:
    cited = {"type": "output_text", "text": "B", "annotations": [{"type": "url_citation", "url": "https://a.example"}]}
    items = [{"role": "user", "content": "A"}, {"role": "assistant", "content": [{**cited, "annotations": []}, cited]}]
    call = translate_request({"model": "m", "input": [*items, items[0]]})
    assert [loss.path for loss in call.losses] == ["input[1].content[1].annotations"]
