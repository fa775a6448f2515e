"""Files of documents: lines, one document, or a recorded stream, whichever it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BufferedReader, RawIOBase
from itertools import chain
from typing import Any, BinaryIO

import orjson
from pydantic_core import from_json, to_json
from typing_extensions import Buffer

from ..errors import InvalidRequest, TranslatorError
from .documents import Converter
from .kinds import written_otherwise
from .report import Report
from .streams import convert_stream

JSON = dict[str, Any]

EVENTS = (b"event:", b"data:", b"id:", b"retry:", b":")
"""How the lines of server-sent events begin."""

_BLOCK = 128 * 1024
_BOM = b"\xef\xbb\xbf"


def convert_file(
    source: BinaryIO,
    write: Callable[[bytes], object],
    converter: Converter,
    report: Report,
    *,
    name: str = "",
    progress: Callable[[int], object] = lambda size: None,
) -> None:
    """Convert what a file holds: lines of JSON, one document (or a list of them), or a recorded stream.

    Lines are read one by one, so their number does not matter. What cannot be converted is written as it is, and
    reported; `name` stands before its place. `progress` gets the bytes that were read.
    """
    lines = _lines(source, progress)
    number, first = 0, b""
    for first in lines:  # its last value is used
        number += 1
        if first.strip():
            break
    start = first.removeprefix(_BOM).lstrip()
    if (otherwise := written_otherwise(first)) is not None:
        report.refuse(name, InvalidRequest(otherwise, code="invalid_encoding"))
        for line in chain((first,), lines):
            write(line)
    elif start.startswith(EVENTS):
        convert_stream(chain((first,), lines), write, converter, report, name)
    elif _is_document(start):
        _convert_lines(chain((start,), lines), write, converter, report, name, number)
    elif start:
        _convert_whole(b"".join((start, *lines)), write, converter, report, name, number)


class _Blocks(RawIOBase):
    """A source in large blocks: its own small buffer takes several reads for a line. A pipe's lines are not held back:
    a block is what there is by now.
    """

    def __init__(self, source: BinaryIO, progress: Callable[[int], object]) -> None:
        super().__init__()
        self._read: Callable[[int], bytes] = getattr(source, "read1", source.read)
        self._progress = progress

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        view = memoryview(buffer)
        block = self._read(len(view))
        view[: len(block)] = block
        self._progress(len(block))
        return len(block)


def _lines(source: BinaryIO, progress: Callable[[int], object]) -> BufferedReader:
    return BufferedReader(_Blocks(source, progress), _BLOCK)


def _is_document(line: bytes) -> bool:
    """Whether one line is a whole object."""
    try:
        return isinstance(from_json(line), dict)
    except ValueError:
        return False


def _convert_lines(
    lines: Iterator[bytes],
    write: Callable[[bytes], object],
    converter: Converter,
    report: Report,
    name: str,
    start: int,
) -> None:
    """`start` is the number of the first line in its file."""
    convert = converter.convert
    for number, line in enumerate(lines, start):
        try:
            document, dump = _read(line)
            if not isinstance(document, dict):
                raise _no_object()
            converted, losses = convert(document)
        except ValueError:
            if line.strip():
                report.refuse(f"{name}line {number}: ", _no_json(line))
            write(line)
            continue
        except TranslatorError as error:
            report.refuse(f"{name}line {number}: ", error)
            write(line)
            continue
        if losses:
            report.add(f"{name}line {number}: ", losses)
        write(line if converted is document else dump(converted))


def _read(line: bytes) -> tuple[Any, Callable[[JSON], bytes]]:
    """What a line says, and the writer for it."""
    try:
        return from_json(line, allow_inf_nan=False), _dump
    except ValueError:
        return from_json(line), _dump_all  # Python writes NaN and infinities, which JSON does not know


def _dump(document: JSON) -> bytes:
    """A line of JSON, written quickly; of NaN and infinities it would make null."""
    try:
        return orjson.dumps(document, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # a number of more than 64 bits, or nesting deeper than it looks
        return _dump_all(document)


def _dump_all(document: JSON) -> bytes:
    return to_json(document) + b"\n"


def _convert_whole(
    text: bytes, write: Callable[[bytes], object], converter: Converter, report: Report, name: str, start: int
) -> None:
    """One document over several lines, or a list of documents; written as readable as it was.

    What is neither, but has a line that is a document, is a file of lines whose first is broken.
    """
    try:
        value = from_json(text)
    except ValueError:
        lines = text.splitlines(keepends=True)
        if any(map(_is_document, lines)):
            _convert_lines(iter(lines), write, converter, report, name, start)
            return
        report.refuse(name, _no_json(text))
        write(text)
        return
    entries = value if isinstance(value, list) else [value]
    places = [f"{name}[{index}]: " for index in range(len(entries))] if isinstance(value, list) else [name]
    converted = [_convert_one(entry, place, converter, report) for entry, place in zip(entries, places, strict=True)]
    if all(told is entry for told, entry in zip(converted, entries, strict=True)):
        write(text)
        return
    indent = 2 if b"\n" in text.strip() else None
    write(to_json(converted if isinstance(value, list) else converted[0], indent=indent) + b"\n")


def _convert_one(value: Any, place: str, converter: Converter, report: Report) -> Any:
    try:
        if not isinstance(value, dict):
            raise _no_object()
        converted, losses = converter.convert(value)
    except TranslatorError as error:
        report.refuse(place, error)
        return value
    report.add(place, losses)
    return converted


def _no_object() -> InvalidRequest:
    return InvalidRequest("This is no JSON object.", code="invalid_json")


def _no_json(text: bytes) -> InvalidRequest:
    """What is wrong with a text, and where."""
    try:
        from_json(text.strip())
    except ValueError as error:
        why = str(error).replace("at line 1 column", "at column")
        return InvalidRequest(f"This is no JSON: {why}.", code="invalid_json")
    return _no_object()
