"""Files of documents: lines, one document, or a recorded stream, whichever it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any, BinaryIO

from pydantic_core import from_json, to_json

from ..errors import InvalidRequest, TranslatorError
from .documents import Converter
from .report import Report
from .streams import convert_stream

JSON = dict[str, Any]

_EVENTS = (b"event:", b"data:", b"id:", b"retry:", b":")
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
    if start.startswith(_EVENTS):
        convert_stream(_with(first, lines), write, converter, report, name)
    elif _is_document(start):
        _convert_lines(_with(start, lines), write, converter, report, name, number)
    elif start:
        _convert_whole(b"".join(_with(start, lines)), write, converter, report, name, number)


def _lines(source: BinaryIO, progress: Callable[[int], object]) -> Iterator[bytes]:
    """The lines of a file, which is read in large blocks: its own small buffer takes several reads for a line."""
    read = getattr(source, "read1", source.read)  # what there is by now: a pipe's lines are not held back
    begun: list[bytes] = []  # a line whose end was not read yet
    while block := read(_BLOCK):
        progress(len(block))
        for line in BytesIO(block):
            begun.append(line)
            if line.endswith(b"\n"):
                yield line if len(begun) == 1 else b"".join(begun)
                begun.clear()
    if begun:
        yield b"".join(begun)


def _with(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


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
            document = from_json(line)
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
        write(line if converted is document else to_json(converted) + b"\n")


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
