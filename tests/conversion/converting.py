"""What the tests of `translator convert` share, some with those of `diff`: documents, and ways to convert them."""

from __future__ import annotations

import io
import json
from typing import Any

from click.testing import CliRunner, Result

from translator.cli import main
from translator.conversion import Converter, Report, Wire, convert_file

JSON = dict[str, Any]

CHAT: JSON = {"model": "m", "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]}
RESPONSES: JSON = {
    "model": "m",
    "instructions": "Be brief.",
    "input": [{"type": "message", "role": "user", "content": "Hi"}],
    "store": False,
}
COMPLETION: JSON = {
    "id": "chatcmpl-1",
    "object": "chat.completion",
    "created": 7,
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello."}, "finish_reason": "stop"}],
}


def convert(to: Wire, *documents: JSON | str) -> Result:
    lines = [document if isinstance(document, str) else json.dumps(document) for document in documents]
    return CliRunner().invoke(main, ["convert", "--to", to], input="".join(f"{line}\n" for line in lines))


def lines_of(result: Result) -> list[JSON]:
    return [json.loads(line) for line in result.stdout.splitlines()]


def chunk_of(**delta: Any) -> JSON:
    return {"id": "chatcmpl-1", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}


def stream_of(*chunks: JSON) -> bytes:
    return b"".join(b"data: %b\n\n" % json.dumps(chunk).encode() for chunk in chunks) + b"data: [DONE]\n\n"


def convert_bytes(to: Wire, data: bytes) -> tuple[bytes, Report, list[str]]:
    written: list[bytes] = []
    told: list[str] = []
    report = Report(told.append)
    convert_file(io.BytesIO(data), written.append, Converter(to), report)
    return b"".join(written), report, told
