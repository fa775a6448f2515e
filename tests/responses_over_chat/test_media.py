"""Images and sound that an upstream adds to its message."""

from __future__ import annotations

from typing import Any

import pytest

from translator.responses_over_chat.media import Image, Untold, read_audio, read_images

from ..playback import play_chunks, translate

JSON = dict[str, Any]


@pytest.mark.parametrize(
    ("image", "read"),
    [
        ({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}, Image("AAAA", "png")),
        ({"image_url": "data:image/jpg;base64,AAAA"}, Image("AAAA", "jpeg")),
        ({"b64_json": "AAAA"}, Image("AAAA", None)),
        ("data:image/svg+xml;charset=utf-8;base64,AAAA", Image("AAAA", "svg")),
        ("data:image/bmp;base64,AAAA", Image("AAAA", None)),
    ],
)
def test_an_image_is_read_however_it_is_wrapped(image: Any, read: Image) -> None:
    assert [*read_images([image])] == [read]


@pytest.mark.parametrize("images", [None, "none", {}, [None], [{}], [{"image_url": 3}], [{"image_url": {"url": ""}}]])
def test_what_is_no_image_is_passed_over(images: Any) -> None:
    assert [*read_images(images)] == []


def test_an_image_behind_a_url_cannot_be_told() -> None:
    (untold,) = read_images([{"image_url": {"url": "https://example.com/a.png"}}])
    assert isinstance(untold, Untold)


@pytest.mark.parametrize(
    ("audio", "transcript", "lost"),
    [
        ({"data": "AAAA", "transcript": "Hello."}, "Hello.", True),
        ({"transcript": "Hel"}, "Hel", False),
        ({"data": "AAAA"}, "", True),
        ({"expires_at": 1}, "", False),
        ("AAAA", "", False),
    ],
)
def test_of_sound_the_transcript_is_left(audio: Any, transcript: str, lost: bool) -> None:
    said, untold = read_audio(audio)
    assert (said, untold is not None) == (transcript, lost)


def said(*deltas: JSON) -> Any:
    chunks = [{"choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    return play_chunks(translate({"model": "m", "input": "Draw", "store": False}), chunks)


def test_an_image_stands_between_the_texts_around_it() -> None:
    image = {"image_url": {"url": "data:image/png;base64,AAAA"}}
    reply = said({"content": "Look:"}, {"images": [image]}, {"content": "Nice?"})
    assert [item["type"] for item in reply.response["output"]] == ["message", "image_generation_call", "message"]
    assert [item.get("phase") for item in reply.response["output"]] == ["commentary", None, "final_answer"]


def test_an_image_among_the_parts_of_the_content_is_an_item() -> None:
    image = {"type": "image_url", "image_url": {"url": "data:image/webp;base64,AAAA"}}
    reply = said({"content": [{"type": "text", "text": "Look:"}, image]})
    item = reply.response["output"][1]
    assert (item["result"], item["output_format"]) == ("AAAA", "webp")


def test_a_transcript_beside_the_same_text_is_told_once() -> None:
    reply = said({"content": "Hello.", "audio": {"transcript": "Hello."}})
    assert reply.response["output_text"] == "Hello."


def test_that_sound_is_lost_is_said_once() -> None:
    reply = said({"audio": {"data": "AAAA", "transcript": "Hello."}}, {"audio": {"data": "AAAA"}})
    assert len(reply.losses) == 1
