"""Recorded streams: server-sent events of one dialect → those of the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from .. import chat_over_responses, responses_over_chat
from ..body import Body
from ..errors import TranslatorError
from ..sse import DONE, MAX_EVENT_BYTES, encode, encode_data
from .custom_calls import as_functions
from .documents import Converter, open_chat_stream, open_responses_stream
from .kinds import kind_of
from .report import Report

JSON = dict[str, Any]


class _Machine(NamedTuple):
    stream: chat_over_responses.Stream | responses_over_chat.Stream
    encode: Callable[[JSON], bytes]

    def receive(self, event: JSON) -> list[JSON]:
        told = as_functions(event, "delta")
        if told is not event and not self.stream.losses:
            self.stream.losses.report("output", "a freeform call is told as a function call")
        return self.stream.receive(told)


def convert_stream(
    lines: Iterator[bytes], write: Callable[[bytes], object], converter: Converter, report: Report, name: str
) -> None:
    """Convert one recorded stream event by event; one that is of the wanted dialect already is written as it is.

    A recording that is cut ends as a stream that broke off does.
    """
    body = Body(MAX_EVENT_BYTES)
    machine: _Machine | None = None
    read: list[bytes] = []  # what was read before the stream was recognised
    for line in lines:
        events = [event for event in body.receive(line) if isinstance(event, dict)]
        if machine is None:
            read.append(line)
            if not events:
                continue
            if (machine := _machine_of(events[0], converter, report, name)) is None:
                write(b"".join(read))
                for rest in lines:
                    write(rest)
                return
        _write(machine, [told for event in events for told in machine.receive(event)], write)
        if body.ended or body.fault is not None:
            break
    events = [event for event in body.finish() if isinstance(event, dict)]
    if machine is None and events:
        machine = _machine_of(events[0], converter, report, name)
    if machine is None:
        write(b"".join(read))
        if body.fault is not None:
            report.refuse(name, body.fault)
        return
    _write(machine, [told for event in events for told in machine.receive(event)], write)
    _end(machine, body, write, report, name)


def _end(machine: _Machine, body: Body, write: Callable[[bytes], object], report: Report, name: str) -> None:
    stream = machine.stream
    if body.fault is not None:
        told = stream.fail(body.fault)
    elif body.ended and not stream.over:
        # its end marker is an end, as the machine would have seen in its bytes
        told = [*stream.receive_bytes(DONE), *stream.finish()]
    else:
        told = stream.finish()
    _write(machine, told, write)
    write(DONE)
    report.add(name, stream.losses)
    if stream.error is not None:
        report.fail(name, stream.error)


def _machine_of(event: JSON, converter: Converter, report: Report, name: str) -> _Machine | None:
    """The machine for a stream that begins so; None where it stays as it is, for whatever reason."""
    kind = kind_of(event)
    if kind in ("chunk", "completion") and converter.to == "responses":
        return _Machine(open_responses_stream(event), encode)
    if kind in ("event", "response") and converter.to == "chat":
        told = event.get("response")
        model = told.get("model") if isinstance(told, dict) else event.get("model")
        return _Machine(open_chat_stream(str(model or "unknown")), encode_data)
    if kind is None:
        report.refuse(name, TranslatorError("This is a stream of neither API.", code="unknown_kind"))
    return None


def _write(machine: _Machine, told: list[JSON], write: Callable[[bytes], object]) -> None:
    if told:
        write(b"".join(map(machine.encode, told)))
