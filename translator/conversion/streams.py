"""Recorded streams: server-sent events of one dialect → those of the other."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

from .. import chat_over_responses, responses_over_chat
from ..body import Body
from ..errors import InvalidRequest, TranslatorError, UpstreamError
from ..sse import DONE, encode, encode_data
from .documents import Converter, Wire, open_recorded_chunks, open_recorded_events
from .kinds import kind_of
from .recordings import recordings
from .report import Report

JSON = dict[str, Any]

_BLOCK = 128 * 1024


class Machine:
    """What makes the other API's stream of a recorded one, event by event."""

    def __init__(
        self,
        stream: chat_over_responses.Stream | responses_over_chat.Stream,
        read: Callable[[JSON], JSON],
        encode: Callable[[JSON], bytes],
    ) -> None:
        self.stream = stream
        self.encode = encode
        self._read = read

    def receive(self, event: JSON) -> list[JSON]:
        """What one event says."""
        return self.stream.receive(self._read(event))

    def end(self, body: Body) -> list[JSON]:
        """What the end of the recording says; one that is cut ends as a stream that broke off does."""
        if body.fault is not None:
            return self.stream.fail(body.fault)
        if body.ended and not self.stream.over:
            # its end marker is an end, as the machine would have seen in its bytes
            return [*self.stream.receive_bytes(DONE), *self.stream.finish()]
        return self.stream.finish()


def open_machine(first: JSON, to: Wire) -> Machine | None:
    """The machine for a stream that begins so; None where it is of that API already, or of neither."""
    kind = kind_of(first)
    if kind in ("chunk", "completion") and to == "responses":
        return Machine(*open_recorded_chunks(first), encode)
    if kind in ("event", "response") and to == "chat":
        return Machine(*open_recorded_events(first), encode_data)
    return None


def read_recording(text: bytes) -> tuple[list[JSON], Body]:
    """The events of a whole recording, and the body that says how it ended. Raises InvalidRequest for several."""
    streams = recordings(text.splitlines(keepends=True))
    if sum(any(line.startswith(b"data:") for line in lines) for lines in streams) > 1:
        raise InvalidRequest("There are several streams in it: give one.")
    body = Body(sys.maxsize)
    events: list[JSON] = []
    for start in range(0, len(text), _BLOCK):
        events += [event for event in body.receive(text[start : start + _BLOCK]) if isinstance(event, dict)]
    return events + _finish(body), body


def replay(events: list[JSON], body: Body, to: Wire) -> Machine | None:
    """The machine that has read a recording; None where that is of neither API, or of the one it is to be of."""
    machine = open_machine(_first(events) or events[0], to) if events else None
    if machine is not None:
        _receive(machine, list(events))
        machine.end(body)
    return machine


def _finish(body: Body) -> list[JSON]:
    """The events that only the end of the recording completes; half an event there is a cut, and no fault of its."""
    sound = body.fault is None
    events = [event for event in body.finish() if isinstance(event, dict)]
    if sound and body.fault is not None:
        body.fault = UpstreamError("The recording ends within an event.", code="upstream_incomplete")
    return events


def _receive(machine: Machine, events: list[JSON]) -> list[JSON]:
    """What the machine makes of events, which are taken."""
    told = [entry for event in events for entry in machine.receive(event)]
    events.clear()
    return told


def convert_stream(
    lines: Iterator[bytes], write: Callable[[bytes], object], converter: Converter, report: Report, name: str
) -> None:
    """Convert recorded streams event by event; one that is of the wanted dialect already is written as it is.

    A recording that is cut ends as a stream that broke off does.
    """
    for number, recording in enumerate(recordings(lines), 1):
        _convert_one(recording, write, converter, report, name if number == 1 else f"{name}stream {number}: ")


def _convert_one(
    lines: Iterator[bytes], write: Callable[[bytes], object], converter: Converter, report: Report, name: str
) -> None:
    body = Body(sys.maxsize)
    machine: Machine | None = None
    read: list[bytes] = []  # what was read before the stream was recognised
    events: list[JSON] = []
    for line in lines:
        events += [event for event in body.receive(line) if isinstance(event, dict)]
        if machine is None:
            read.append(line)
            if (first := _first(events)) is None:
                continue
            if (machine := _machine_of(first, converter, report, name)) is None:
                write(b"".join(read))
                for rest in lines:
                    write(rest)
                return
        _write(machine, _receive(machine, events), write)
        if body.ended or body.fault is not None:
            break
    events += _finish(body)
    if machine is None and events:
        machine = _machine_of(_first(events) or events[0], converter, report, name)
    if machine is None:
        write(b"".join(read))
        if body.fault is not None:
            report.refuse(name, body.fault)
        return
    _write(machine, _receive(machine, events), write)
    _end(machine, body, write, report, name)


def _first(events: list[JSON]) -> JSON | None:
    """The first event that says whose stream it is; what Azure says first, of its filter, has no name yet."""
    return next((event for event in events if event.get("choices") != []), None)


def _end(machine: Machine, body: Body, write: Callable[[bytes], object], report: Report, name: str) -> None:
    stream = machine.stream
    _write(machine, machine.end(body), write)
    write(DONE)
    report.add(name, stream.losses)
    if stream.error is not None:
        report.fail(name, stream.error)


def _machine_of(event: JSON, converter: Converter, report: Report, name: str) -> Machine | None:
    """The machine for a stream that begins so; None where it stays as it is, for whatever reason."""
    if kind_of(event) is None:
        report.refuse(name, TranslatorError("This is a stream of neither API.", code="unknown_kind"))
    return open_machine(event, converter.to)


def _write(machine: Machine, told: list[JSON], write: Callable[[bytes], object]) -> None:
    if told:
        write(b"".join(map(machine.encode, told)))
