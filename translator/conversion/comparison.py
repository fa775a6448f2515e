"""Whether two documents say the same, whichever API each was written for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from pydantic_core import from_json, to_json

from .. import chat_over_responses
from ..chat_over_responses.ledger import LEDGER
from ..chat_over_responses.request import says_nothing
from ..chat_over_responses.response import read_response
from ..errors import InvalidRequest
from ..mapping.losses import Loss
from .documents import Converter, open_chat_stream
from .kinds import kind_of, written_otherwise
from .requests import plain_request
from .streams import Machine, read_recording, replay

JSON = dict[str, Any]

_BOM = b"\xef\xbb\xbf"
_IDENTITIES = frozenset({"id", "call_id", "tool_call_id", "created", "system_fingerprint", "service_tier"})
"""What differs between any two answers, and says nothing."""

_FIRST = "choices[0]"
_SHOWN = 100
_STEP = re.compile(r"[^.\[\]]+")


class Said(NamedTuple):
    """What a request, a reply or a recorded stream says."""

    document: JSON
    """A Responses request, or a chat completion."""

    lost: JSON
    """What it says that has no place there, by its path."""


def canonical(text: bytes) -> Said:
    """What a request, a reply or a recorded stream says.

    Raises TranslatorError for what is none of these, cannot be converted, or tells of a failure.
    """
    if (otherwise := written_otherwise(text)) is not None:
        raise InvalidRequest(otherwise, code="invalid_encoding")
    document = _document(text)
    if document is None:
        return _of_stream(text)
    kind = kind_of(document)
    if kind == "chat request":
        return _of_chat_request(document)
    if kind == "responses request":
        return Said(plain_request(document), {})
    if kind == "completion":
        return _joined({index: _of_completion(_only(document, index)) for index in _indexes([document])})
    if kind == "response":
        return Said(*_completion(document, {}))
    raise InvalidRequest(f"This is {_OTHERS.get(kind or '', 'no request, reply or stream of either API')}.")


_OTHERS = {
    "batch line": "a line of a batch: give its body alone",
    "error": "an error and says nothing else",
    "chunk": "one chunk of a stream: give the whole stream, as server-sent events",
    "event": "one event of a stream: give the whole stream, as server-sent events",
}


def as_written(text: bytes) -> Said | None:
    """A chat request in its own words: so two of them are compared where the other API has none; None for others."""
    document = _document(text)
    if document is None or kind_of(document) != "chat request":
        return None
    return Said(_plain_chat(document), {})


def differences(first: Said, second: Said, *, identities: bool = False) -> Iterator[str]:
    """Where two that say something differ, a line each; ids and times count only with `identities`."""
    yield from _differences(first.document, second.document, identities, "")
    for path in [*first.lost, *(path for path in second.lost if path not in first.lost)]:
        yield from _differences(first.lost.get(path), second.lost.get(path), identities, path)


def _differences(first: Any, second: Any, identities: bool, path: str) -> Iterator[str]:
    if isinstance(first, dict) and isinstance(second, dict):
        for key in [*first, *(key for key in second if key not in first)]:
            if identities or key not in _IDENTITIES:
                yield from _differences(first.get(key), second.get(key), identities, f"{path}.{key}" if path else key)
    elif isinstance(first, list) and isinstance(second, list):
        for index in range(max(len(first), len(second))):
            one, other = (entries[index] if index < len(entries) else None for entries in (first, second))
            yield from _differences(one, other, identities, f"{path}[{index}]")
    elif first != second:
        yield f"{path}: {_shown(first)} | {_shown(second)}"


def _document(text: bytes) -> JSON | None:
    """The document; None where it may be a stream. Raises InvalidRequest for several documents."""
    text = text.removeprefix(_BOM).strip()
    try:
        value = from_json(text)
    except ValueError:
        value = _one_line(text)
        if isinstance(value, dict):
            raise InvalidRequest("There are lines of JSON in it: give one document.") from None
        return None
    if isinstance(value, list):
        raise InvalidRequest("This is a list: give one document.")
    return value if isinstance(value, dict) else None


def _one_line(text: bytes) -> Any:
    try:
        return from_json(text.partition(b"\n")[0])
    except ValueError:
        return None


def _plain_chat(request: JSON) -> JSON:
    """A chat request without nulls and what says nothing."""
    told = {name: value for name, value in request.items() if value is not None and not says_nothing(name, value)}
    if isinstance(stop := told.get("stop"), str):
        told["stop"] = [stop]
    return told


def _of_chat_request(request: JSON) -> Said:
    """What the other API would refuse is lost on the way there: it counts as what only one of the two can say."""
    told = _plain_chat(request)
    refused = {name: told.pop(name) for name in list(told) if name in LEDGER and LEDGER[name].fate == "refused"}
    converted, losses = Converter("responses").convert(told)
    return Said(
        plain_request(converted), _lost(told, losses) | {name: value for name, value in refused.items() if value}
    )


def _of_stream(text: bytes) -> Said:
    events, body = read_recording(text)
    if (machine := replay(events, body, "chat")) is not None:
        return _of_machine(machine, {})
    said = {}
    for index, answer in _answers(events).items():
        if (machine := replay(answer, body, "responses")) is not None:
            said[index] = _of_machine(machine, _gathered(answer))
    if not said:
        raise InvalidRequest("This is neither JSON nor a recorded stream of either API.")
    return _joined(said)


def _answers(chunks: list[JSON]) -> dict[int, list[JSON]]:
    """The chunks of each answer, by its index; what stands beside the choices is said of all, with the first."""
    first, *others = _indexes(chunks)
    answers: dict[int, list[JSON]] = {index: [] for index in (first, *others)}
    for chunk in chunks:
        answers[first].append(_only(chunk, first))
        for index in {_index(choice) for choice in _choices(chunk)} - {first}:
            own = _only(chunk, index)
            answers[index].append({name: own[name] for name in ("object", "model", "choices") if name in own})
    return answers


def _gathered(chunks: list[JSON]) -> JSON:
    """What chunks say in any field, as the completion of these words would say it."""
    said: JSON = {}
    choice: JSON = {}
    pieces: dict[str, list[Any]] = {}
    for chunk in chunks:
        said |= {name: value for name, value in chunk.items() if value}
        for part in _choices(chunk):
            choice |= {name: value for name, value in part.items() if value}
            delta = part.get("delta")
            for name, value in delta.items() if isinstance(delta, dict) else ():
                if value:
                    pieces.setdefault(name, []).append(value)
    message = {name: _whole(values) for name, values in pieces.items()}
    return {**said, "choices": [{**choice, "message": message}]}


def _whole(pieces: list[Any]) -> Any:
    """The text of which these are the pieces; of what is no text, the last one."""
    return "".join(pieces) if all(isinstance(piece, str) for piece in pieces) else pieces[-1]


def _of_machine(machine: Machine, recorded: JSON) -> Said:
    """`recorded` is what the losses were said in."""
    stream = machine.stream
    if stream.error is not None:
        raise stream.error
    if isinstance(stream, chat_over_responses.Stream):
        return Said(stream.completion, _lost(recorded, stream.losses))
    losses = [Loss(path.replace(".delta.", ".message.", 1), reason) for path, reason in stream.losses]
    return Said(*_completion(stream.response, _lost(recorded, losses)))


def _of_completion(completion: JSON) -> Said:
    converted, losses = Converter("responses").convert(completion)
    return Said(*_completion(converted, _lost(completion, losses)))


def _indexes(replies: Iterable[JSON]) -> list[int]:
    """The answers that a completion, or the chunks of a stream, give; at least one."""
    indexes = {_index(choice) for reply in replies for choice in _choices(reply)}
    return sorted(indexes) or [0]


def _only(reply: JSON, index: int) -> JSON:
    """A completion or chunk with one of its answers, as if it were the only one: a response has room for one."""
    choices = _choices(reply)
    own = [{**choice, "index": 0} for choice in choices if _index(choice) == index]
    return {**reply, "choices": own} if choices else reply


def _choices(reply: JSON) -> list[JSON]:
    choices = reply.get("choices")
    return [choice for choice in choices if isinstance(choice, dict)] if isinstance(choices, list) else []


def _index(choice: JSON) -> int:
    index = choice.get("index")
    return index if isinstance(index, int) else 0


def _joined(answers: dict[int, Said]) -> Said:
    """Several answers, by their index, as one completion."""
    first = next(iter(answers.values()))
    choices: list[JSON] = []
    lost = {}
    for index, said in answers.items():
        choices += [{**choice, "index": index} for choice in said.document["choices"]]
        for path, value in said.lost.items():
            own = path.startswith(_FIRST) or (path in first.lost and first.lost[path] != value)
            lost[f"choices[{index}]{path.removeprefix(_FIRST)}" if own else path] = value
    return Said({**first.document, "choices": choices}, lost)


def _completion(response: JSON, lost: JSON) -> tuple[JSON, JSON]:
    stream = open_chat_stream(str(response.get("model") or "unknown"))
    return read_response(stream, response), lost | _lost(response, stream.losses)


def _lost(document: JSON, losses: Iterable[Loss]) -> JSON:
    """What was lost, by its path; where the path leads nowhere, the reason stands for it."""
    return {path: _at(document, path, reason) for path, reason in losses}


def _at(document: Any, path: str, otherwise: str) -> Any:
    for step in _STEP.findall(path):
        try:
            document = document[int(step) if isinstance(document, list) else step]
        except (KeyError, IndexError, TypeError, ValueError):
            return otherwise
    return document


def _shown(value: Any) -> str:
    """A value, as JSON and not too long; what is absent is a dash."""
    if value is None:
        return "-"
    text = to_json(value).decode()
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
