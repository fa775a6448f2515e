"""`translator diff`: whether two documents of either API say the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from translator.cli import main
from translator.conversion import Converter
from translator.corpus import Case, render

from ..cases import load_answered

JSON = dict[str, Any]

CHAT: JSON = {"model": "m", "messages": [{"role": "user", "content": "Hi"}], "temperature": 0.5}
COMPLETION: JSON = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 7,
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello."}, "finish_reason": "stop"}],
}


def diff(tmp_path: Path, first: JSON | bytes, second: JSON | bytes, *options: str) -> Result:
    paths = []
    for name, document in (("a", first), ("b", second)):
        (tmp_path / name).write_bytes(document if isinstance(document, bytes) else json.dumps(document).encode())
        paths.append(str(tmp_path / name))
    return CliRunner().invoke(main, ["diff", *paths, *options])


def test_a_request_is_compared_with_the_one_that_takes_its_place(tmp_path: Path) -> None:
    moved = Converter("responses").convert(CHAT).document
    same = diff(tmp_path, CHAT, moved)
    assert (same.exit_code, same.output) == (0, "")
    other = diff(tmp_path, CHAT, {**moved, "temperature": 0.7, "user": "u"})
    assert (other.exit_code, other.output) == (1, 'temperature: 0.5 | 0.7\nuser: - | "u"\n')


def test_a_reply_is_compared_with_one_of_the_other_api(tmp_path: Path) -> None:
    response = Converter("responses").convert(COMPLETION).document
    assert diff(tmp_path, COMPLETION, response).exit_code == 0
    changed = json.loads(json.dumps(response).replace("Hello.", "Hullo.").replace("resp_1", "resp_2"))
    assert diff(tmp_path, COMPLETION, changed).output == 'choices[0].message.content: "Hello." | "Hullo."\n'
    assert 'id: "chatcmpl-1" | "chatcmpl-2"' in diff(tmp_path, COMPLETION, changed, "--ids").output


STREAMS = [case for case in load_answered("chat_over_responses") if case.upstream_streams and not case.settings]


@pytest.mark.parametrize("case", STREAMS, ids=str)
def test_a_recorded_stream_says_what_it_was_made_of(tmp_path: Path, case: Case) -> None:
    assert case.upstream is not None
    if "error" in json.loads(render(case)["response.json"]):
        assert diff(tmp_path, case.upstream, case.upstream).exit_code == 2
        return
    result = diff(tmp_path, case.upstream, case.upstream)
    assert (result.exit_code, result.output) == (0, "")


def test_a_stream_is_compared_with_a_whole_reply(tmp_path: Path) -> None:
    chunk = {"id": "x", "model": "m", "choices": [{"index": 0, "delta": {"content": "Hel"}}]}
    rest = {"id": "x", "model": "m", "choices": [{"index": 0, "delta": {"content": "lo."}, "finish_reason": "stop"}]}
    stream = b"".join(b"data: %b\n\n" % json.dumps(entry).encode() for entry in (chunk, rest)) + b"data: [DONE]\n\n"
    assert diff(tmp_path, stream, COMPLETION).exit_code == 0


def test_what_cannot_be_compared_says_why(tmp_path: Path) -> None:
    result = diff(tmp_path, CHAT, COMPLETION)
    assert (result.exit_code, result.stderr) == (2, "One of them is a request, the other a reply.\n")
    result = diff(tmp_path, b"hello", CHAT)
    assert (result.exit_code, result.stderr.partition(": ")[2]) == (2, "This is neither JSON nor a recorded stream.\n")
    result = diff(tmp_path, {**CHAT, "n": 2}, CHAT)
    assert result.exit_code == 2
    assert "n: 'n' cannot be told" in result.stderr
