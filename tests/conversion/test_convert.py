"""`translator convert`: what it recognises, what it makes of it, and what it says of what it could not."""

from __future__ import annotations

import gzip
import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from translator.cli import main
from translator.conversion import Converter, Report, convert_file

from .converting import CHAT, COMPLETION, RESPONSES, convert, convert_bytes, lines_of

JSON = dict[str, Any]


def test_requests_go_both_ways() -> None:
    there = convert("responses", CHAT)
    assert (there.exit_code, lines_of(there), there.stderr) == (0, [RESPONSES], "")
    back = convert("chat", RESPONSES)
    assert (back.exit_code, lines_of(back), back.stderr) == (0, [CHAT], "")


class Pipe(io.BytesIO):
    """Brings what is written into it piece by piece, and notes what was answered when more was asked for."""

    def __init__(self, pieces: list[bytes]) -> None:
        super().__init__()
        self.pieces = pieces
        self.written: list[bytes] = []
        self.answered: list[int] = []

    def read1(self, size: int | None = -1, /) -> bytes:
        self.answered.append(len(self.written))
        return self.pieces.pop(0) if self.pieces else b""


def test_lines_are_converted_as_they_come_however_they_are_cut() -> None:
    line = json.dumps(CHAT).encode()
    pipe = Pipe([line + b"\n", line[:9], line[9:30], line[30:] + b"\n" + line + b"\n" + line[:5], line[5:]])
    read: list[int] = []
    convert_file(pipe, pipe.written.append, Converter("responses"), Report(print), progress=read.append)
    assert [json.loads(written) for written in pipe.written] == [RESPONSES] * 4
    assert pipe.answered == [0, 1, 1, 1, 3, 3, 4]
    assert sum(read) == 4 * len(line) + 3


def test_a_line_may_be_of_any_length() -> None:
    long = {**CHAT, "messages": [{"role": "user", "content": "word\n" * 200_000}]}
    short, longer = lines_of(convert("responses", CHAT, long))
    assert short == RESPONSES
    assert longer["input"][0]["content"] == long["messages"][0]["content"]


def test_replies_go_both_ways() -> None:
    (response,) = lines_of(convert("responses", COMPLETION))
    assert (response["id"], response["created_at"], response["model"]) == ("resp_1", 7, "m")
    assert response["output_text"] == "Hello."
    (completion,) = lines_of(convert("chat", response))
    assert (completion["id"], completion["created"], completion["model"]) == ("chatcmpl-1", 7, "m")
    assert completion["choices"][0]["message"]["content"] == "Hello."


def test_freeform_calls_go_both_ways() -> None:
    text = '{"input": "looks like arguments"}\nand is text'
    custom = {"id": "call_1", "type": "custom", "custom": {"name": "note", "input": text}}
    function = {"id": "call_2", "type": "function", "function": {"name": "find", "arguments": "{}"}}
    message = {"role": "assistant", "content": None, "tool_calls": [custom, function]}
    completion = {**COMPLETION, "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}
    (response,) = lines_of(convert("responses", completion))
    assert [(item["type"], item["name"]) for item in response["output"]] == [
        ("custom_tool_call", "note"),
        ("function_call", "find"),
    ]
    assert response["output"][0]["input"] == text
    (back,) = lines_of(convert("chat", response))
    assert back["choices"][0]["message"]["tool_calls"] == [custom, function]


def test_what_is_of_the_wanted_dialect_already_stays_byte_for_byte() -> None:
    written = '{"model" : "m",  "input": "Hi"}'
    error = '{"error": {"message":  "No."}}'
    assert convert("responses", written, error).stdout == f"{written}\n{error}\n"
    for text in (json.dumps(RESPONSES, indent=4), f"[{written},\n 5]", '{"hello":\n 1}'):
        assert convert("responses", text).stdout == f"{text}\n"


def test_batch_lines_are_converted_in_place() -> None:
    asked = {"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": CHAT}
    other = {"custom_id": "b", "method": "POST", "url": "/v1/embeddings", "body": {"model": "m", "input": "Hi"}}
    told = {"id": "batch_1", "custom_id": "a", "response": {"status_code": 200, "body": COMPLETION}, "error": None}
    failed = {"custom_id": "c", "response": {"status_code": 400, "body": {"error": {"message": "No."}}}}
    result = lines_of(convert("responses", asked, other, told, failed))
    assert result[0] == {**asked, "url": "/v1/responses", "body": RESPONSES}
    assert list(result[0]) == list(asked)
    assert result[1] == other
    assert result[2]["response"]["body"]["output_text"] == "Hello."
    assert result[2]["response"]["status_code"] == 200
    assert result[3] == failed
    assert lines_of(convert("chat", result[0])) == [asked]


def test_losses_go_to_standard_error_with_their_places_and_strictly_change_the_status() -> None:
    lossy = {"custom_id": "a", "url": "/v1/chat/completions", "body": {**CHAT, "seed": 7}}
    result = convert("responses", CHAT, lossy)
    assert result.exit_code == 0
    assert result.stderr == "line 2: body.seed: Sampling cannot be fixed there.\n"
    strict = CliRunner().invoke(main, ["convert", "--strict", "--to", "responses"], input=json.dumps(lossy))
    assert (strict.exit_code, strict.stdout) == (1, result.stdout.splitlines()[1] + "\n")
    clean = CliRunner().invoke(main, ["convert", "--strict", "--to", "responses"], input=json.dumps(CHAT))
    assert clean.exit_code == 0


def test_what_cannot_be_converted_stays_and_is_named() -> None:
    refused = {**CHAT, "n": 2}
    result = convert("responses", refused, "no json", {"what": "is this"}, "", CHAT)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[:4] == [json.dumps(refused), "no json", '{"what": "is this"}', ""]
    assert json.loads(result.stdout.splitlines()[4]) == RESPONSES
    told = result.stderr.splitlines()
    assert told[0].startswith("line 1: not converted: n: 'n' cannot be told")
    assert told[1:3] == [
        "line 2: not converted: This is no JSON: expected ident at column 2.",
        "line 3: not converted: This is no request, reply or batch line of either API.",
    ]


@pytest.mark.parametrize("line", ["[1]", '"text"', "5", "null"])
def test_a_line_that_is_no_object_stays_and_is_named(line: str) -> None:
    result = convert("responses", CHAT, line, CHAT)
    assert (result.exit_code, result.stdout.splitlines()[1]) == (1, line)
    assert [json.loads(told) for told in result.stdout.splitlines()[::2]] == [RESPONSES, RESPONSES]
    assert result.stderr == "line 2: not converted: This is no JSON object.\n"


def test_lines_after_a_broken_first_one_are_converted() -> None:
    result = convert("responses", "", '{"model": "m", "mess', CHAT)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[0] == '{"model": "m", "mess'
    assert json.loads(result.stdout.splitlines()[1]) == RESPONSES
    assert result.stderr == "line 2: not converted: This is no JSON: EOF while parsing a string at column 20.\n"


def test_lines_are_counted_from_the_beginning_of_the_file() -> None:
    result = convert("responses", "", "", {**CHAT, "seed": 1})
    assert result.stderr == "line 3: seed: Sampling cannot be fixed there.\n"


def test_what_many_lines_lose_is_told_a_few_times_and_counted() -> None:
    result = convert("responses", *[{**CHAT, "seed": number} for number in range(50)])
    told = result.stderr.splitlines()
    assert told[0] == "line 1: seed: Sampling cannot be fixed there."
    assert told[3:] == ["seed: Sampling cannot be fixed there. (50 times in all)"]


def test_what_cannot_be_converted_of_many_lines_is_counted_with_an_example() -> None:
    told = convert(
        "responses", *[{**CHAT, "n": number} for number in range(2, 8)], *["no json"] * 4
    ).stderr.splitlines()
    assert len(told) == 3 + 3 + 2
    assert told[-2].startswith("not converted: n: 'n' cannot be told to a Responses upstream.")
    assert told[-2].endswith(" (and the like) (6 times in all)")
    assert told[-1] == "not converted: This is no JSON: expected ident at column 2. (and the like) (4 times in all)"


def test_a_reply_that_is_a_failure_is_said_to_be_one() -> None:
    failed = {"object": "response", "status": "failed", "error": {"code": "server_error", "message": "It crashed."}}
    result = convert("chat", failed, {"object": "response", "status": "queued"})
    assert (result.exit_code, lines_of(result)[0]) == (1, failed)
    assert result.stderr.splitlines() == [
        "line 1: not converted: the reply failed: It crashed.",
        "line 2: not converted: The upstream answered before its response was complete.",
    ]


def test_a_document_over_several_lines_and_a_list_are_read() -> None:
    result = CliRunner().invoke(main, ["convert", "--to", "responses"], input="\n" + json.dumps(CHAT, indent=2))
    assert json.loads(result.stdout) == RESPONSES
    assert result.stdout.startswith("{\n  ")
    result = CliRunner().invoke(main, ["convert", "--to", "responses"], input=json.dumps([CHAT, 5, {**CHAT, "n": 3}]))
    assert json.loads(result.stdout) == [RESPONSES, 5, {**CHAT, "n": 3}]
    assert [line.partition("]: ")[0] for line in result.stderr.splitlines()] == ["[1", "[2"]
    assert result.exit_code == 1
    assert len(result.stdout.splitlines()) == 1, "what stood in one line does not need many"


def test_several_files_are_read_and_named(tmp_path: Path) -> None:
    for name, document in (("a", CHAT), ("b", {**CHAT, "seed": 1})):
        (tmp_path / name).write_text(json.dumps(document) + "\n")
    paths = [str(tmp_path / name) for name in "ab"]
    result = CliRunner().invoke(main, ["convert", "--to", "responses", *paths])
    assert lines_of(result) == [RESPONSES, RESPONSES]
    assert result.stderr == f"{paths[1]}: line 1: seed: Sampling cannot be fixed there.\n"
    assert CliRunner().invoke(main, ["convert", "--to", "chat", str(tmp_path / "none")]).exit_code == 2


def test_a_bar_shows_on_a_terminal_how_far_it_is(tmp_path: Path) -> None:
    source = tmp_path / "many.jsonl"
    source.write_text((json.dumps(CHAT) + "\n") * 2000)
    leader, follower = pty.openpty()
    with (tmp_path / "out").open("wb") as out:
        command = [sys.executable, "-m", "translator", "convert", "--to", "responses", str(source)]
        with subprocess.Popen(command, stdout=out, stderr=follower) as process:
            os.close(follower)
            shown = b""
            try:
                while piece := os.read(leader, 4096):
                    shown += piece
            except OSError:  # what the end of a terminal is on Linux
                pass
            assert process.wait(30) == 0
    os.close(leader)
    assert b"Converting" in shown
    assert b"100%" in shown
    assert len((tmp_path / "out").read_bytes().splitlines()) == 2000


def test_a_reader_that_leaves_ends_it_in_silence(tmp_path: Path) -> None:
    source = tmp_path / "many.jsonl"
    source.write_text((json.dumps(CHAT) + "\n") * 20_000)
    command = f"{sys.executable} -m translator convert --to responses {source} | head -n 1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=30)
    assert json.loads(done.stdout) == RESPONSES
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("compressed", "said"),
    [
        (gzip.compress(b"{}", mtime=0), "This is compressed by gzip: pass it through `gunzip -c` first."),
        ('{"a": 1}'.encode("utf-16"), "This is UTF-16: pass it through `iconv -f UTF-16 -t UTF-8` first."),
    ],
    ids=["gzip", "utf-16"],
)
def test_what_is_no_text_stays_as_it_is_and_is_called_by_its_name(compressed: bytes, said: str, tmp_path: Path) -> None:
    converted, report, told = convert_bytes("chat", compressed)
    assert (converted, report.refused, told) == (compressed, 1, [f"not converted: {said}"])
    (tmp_path / "a").write_bytes(compressed)
    result = CliRunner().invoke(main, ["diff", str(tmp_path / "a"), str(tmp_path / "a")])
    assert (result.exit_code, result.stderr) == (2, f"{tmp_path / 'a'}: {said}\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no disk that is always full")
def test_a_disk_that_is_full_is_one_clear_sentence(tmp_path: Path) -> None:
    source = tmp_path / "many.jsonl"
    source.write_text((json.dumps(CHAT) + "\n") * 2000)
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "translator", "convert", "--to", "responses", str(source)]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (2, "Reading or writing failed: No space left on device.\n")


EVENT = b'data: {"choices": [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": "stop"}]}'


@pytest.mark.parametrize(
    ("first", "between"),
    [
        (b"no JSON", b"\n"),
        (b"no JSON\n", b""),
        (EVENT, b"\n\n"),
        (EVENT + b"\n", b"\n"),
        (EVENT + b"\n\n", b""),
        (b"", b""),
    ],
)
def test_the_last_line_of_a_file_that_stays_as_it_is_does_not_run_into_the_next(
    first: bytes, between: bytes, tmp_path: Path
) -> None:
    for name, content in (("first", first), ("second", EVENT)):
        (tmp_path / name).write_bytes(content)
    result = CliRunner().invoke(main, ["convert", "--to", "chat", str(tmp_path / "first"), str(tmp_path / "second")])
    assert result.stdout_bytes == first + between + EVENT
