from __future__ import annotations

from translator import Attachment
from translator.responses_over_chat import translate_request


def test_attachments_stand_in_the_places_of_their_parts() -> None:
    parts = [{"type": "input_text", "text": "a"}, {"type": "input_file", "file_id": "file-1"}]
    told = ({"type": "input_text", "text": "b"}, {"type": "input_image", "image_url": "data:image/png;base64,AA=="})
    call = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
    output = {"type": "function_call_output", "call_id": "c", "output": [parts[1]]}
    translation = translate_request(
        {"model": "m", "input": [{"role": "user", "content": parts}, call, output]},
        attachments={
            "input[0].content[1]": Attachment(told, "it is told in words"),
            "input[2].output[0]": Attachment(({"type": "input_text", "text": "c"},)),
        },
    )
    messages = translation.chat_request["messages"]
    assert [part["type"] for part in messages[0]["content"]] == ["text", "text", "image_url"]
    assert messages[2]["content"] == "c"
    assert ("input[0].content[1]", "it is told in words") in translation.losses
    assert not any(path.startswith("input[2]") for path, _ in translation.losses)
