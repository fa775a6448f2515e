"""What a Responses upstream may say, however oddly, as clean deltas: the one tolerant reader.

Each thing is told when it is first heard: by its deltas, else by what is done, else by the final response, which
repeats all. So a whole response is read as the last event of a stream whose others were lost. Nothing here raises on a
field it does not need.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pydantic_core import to_json

from ..errors import UpstreamError
from ..mapping.content import annotation_to_chat, text_of
from ..mapping.losses import in_words
from ..mapping.provider_data import extras_of
from ..mapping.reasoning import SEALED_FORMAT, reasoning_to_chat
from ..mapping.tool_kinds import CALLS
from ..mapping.tool_names import ToolNames
from ..mapping.tools import CALLS_BY_KIND, call_to_chat
from ..mapping.upstream_error import map_error_object
from ..mapping.usage import usage_to_chat
from ..wire import events
from . import deltas
from .heard import Heard, Items
from .logprobs import token_logprobs
from .unread import is_unread, unread

JSON = dict[str, Any]

_GROWING = frozenset(CALLS_BY_KIND.values())
_FORMS = ("content", "summary")
_BESIDE_TEXT = frozenset({"type", "annotations", "logprobs"})
_RAW_DELTAS = tuple(delta for delta, _ in events.REASONING_TEXT.values())
_RAW_DONES = tuple(done for _, done in events.REASONING_TEXT.values())


class Reader:
    """Events → deltas; it remembers what was told of each item, so that nothing is told twice."""

    def __init__(self) -> None:
        self._items = Items()
        self._names = ToolNames()
        self._told: list[deltas.Delta] = []
        self._details: list[JSON] = []  # of the reasoning that was done last; they wait for what it led to
        self._opened = False
        self._thought = False
        self._unread: set[str] = set()  # kinds of events, each of them reported once
        self._length = 0  # of the text so far: citations point into it

    def read(self, event: Mapping[str, Any]) -> list[deltas.Delta]:
        """What one event, or a whole response, says, in the order it is to be told."""
        kind = event.get("type")
        if event.get("object") == "response" or not isinstance(kind, str):
            self._whole(dict(event))
        elif kind == events.ERROR:
            self._error(dict(event))
        elif take := _TAKERS.get(kind):
            self._open(dict(event))
            take(self, dict(event))
        elif kind not in self._unread and is_unread(kind):
            self._unread.add(kind)
            self._told.append(deltas.Untold(kind[:64], "chat has nothing that tells such an event"))
        return self._take()

    def finish(self) -> list[deltas.Delta]:
        """What was held back when the upstream ended."""
        self._release(None)
        return self._take()

    def _take(self) -> list[deltas.Delta]:
        told, self._told = self._told, []
        return told

    # ---- the response ----

    def _open(self, event: JSON) -> None:
        response = _object(event.get("response"))
        if self._opened:
            return
        self._opened = True
        name, created = response.get("id"), response.get("created_at")
        self._told.append(
            deltas.Opening(
                name if isinstance(name, str) and name else None,
                created if type(created) is int else _seconds(created),
            )
        )

    def _whole(self, body: JSON) -> None:
        if body.get("object") == "response" or isinstance(body.get("output"), list):
            self._end({"type": "response." + str(body.get("status") or "completed"), "response": body})
        elif body.get("error") or "message" in body or "detail" in body:
            self._told.append(deltas.Fault(map_error_object(body)))
        else:
            self._fail("The upstream's answer is no response.", "upstream_bad_response")

    def _end(self, event: JSON) -> None:
        response = _object(event.get("response"))
        self._open(event)
        self._settle_all(response.get("output"))
        usage, tier = response.get("usage"), response.get("service_tier")
        if isinstance(usage, dict):
            self._told.append(deltas.Usage(usage_to_chat(usage)))
        if isinstance(tier, str):
            self._told.append(deltas.Tier(tier))
        status = response.get("status") or event["type"].removeprefix("response.")
        if status in ("completed", "incomplete"):
            self._release(None)
            reason = _object(response.get("incomplete_details")).get("reason")
            self._told.append(deltas.Finish(status, reason if isinstance(reason, str) else None))
        elif status == "failed":
            error = response.get("error")
            self._told.append(deltas.Fault(map_error_object({"error": error or "The upstream failed."})))
        elif status == "cancelled":
            self._fail("The upstream cancelled the response.", "upstream_cancelled")
        else:
            self._fail("The upstream answered before its response was complete.", "upstream_incomplete")

    def _settle_all(self, output: Any) -> None:
        if output and not isinstance(output, list):
            self._told.append(deltas.Untold("output", f"it is {in_words(output)}, and no list of items"))
        for place, item in enumerate(output if isinstance(output, list) else ()):
            if not isinstance(item, dict):
                self._told.append(deltas.Untold(f"output[{place}]", f"it is {in_words(item)}, and no item"))
                continue
            heard = self._items.final(item, place)
            self._settle(heard, item)
            if not heard.done:
                self._untold(heard, "the upstream did not say what it is")

    def _error(self, event: JSON) -> None:
        error = event.get("error") or {key: event.get(key) for key in ("code", "message", "param")}
        self._told.append(deltas.Fault(map_error_object({"error": error})))

    def _fail(self, message: str, code: str) -> None:
        self._told.append(deltas.Fault(UpstreamError(message, code=code)))

    # ---- items ----

    def _item_added(self, event: JSON) -> None:
        item = _object(event.get("item"))
        heard = self._items.of(event)
        heard.kind = str(item.get("type", ""))
        if heard.kind in _GROWING:
            self._call(heard, item)

    def _item_done(self, event: JSON) -> None:
        item = _object(event.get("item"))
        self._settle(self._items.of(event), item)

    def _settle(self, heard: Heard, item: JSON) -> None:
        """Tell what was not told of an item that is done."""
        kind = heard.kind = str(item.get("type", heard.kind))
        if heard.done:
            return
        match kind:
            case "message":
                for index, part in enumerate(self._parts(heard, item, "content")):
                    self._settle_part(heard, part, index)
            case "reasoning":
                self._settle_reasoning(heard, item)
            case "image_generation_call" if item.get("result"):
                self._say(deltas.Image(f"data:image/{item.get('output_format') or 'png'};base64,{item['result']}"))
            case "":
                return
            case _ if kind in CALLS:
                self._settle_call(heard, item)
            case _:
                self._untold(heard, f"chat has no place for a '{kind}'")
        self._told += unread(item, f"output[{heard.place}]")
        heard.done = True

    def _settle_part(self, heard: Heard, part: JSON, index: int) -> None:
        place = {"content_index": index}
        if part.get("type") == "refusal" and isinstance(part.get("refusal"), str):
            self._refuse(heard, {**place, **part}, "refusal")
            return
        if not isinstance(part.get("text"), str) and any(part[key] for key in part if key not in _BESIDE_TEXT):
            path = f"output[{heard.place}].content[{index}]"
            kind = str(part.get("type"))[:64]
            self._told.append(deltas.Untold(path, f"chat has no place for content of the type '{kind}' without text"))
        self._add_text(heard, {**place, **part}, "text")
        for number, annotation in enumerate(_objects(part.get("annotations"))):
            self._cite(heard, annotation, index, number)

    def _parts(self, heard: Heard, item: JSON, form: str) -> list[JSON]:
        """The parts of an item, of which some upstreams say the text alone; one that is none is an empty one."""
        given = item.get(form)
        parts: list[JSON] = []
        for index, part in enumerate(given if isinstance(given, list) else [given] if given else ()):
            if not isinstance(part, str | dict):
                path = f"output[{heard.place}].{form}[{index}]"
                self._told.append(deltas.Untold(path, f"it is {in_words(part)}, and no part"))
            parts.append({"type": "text", "text": part} if isinstance(part, str) else _object(part))
        return parts

    # ---- messages ----

    def _text(self, event: JSON) -> None:
        self._add_text(self._items.of(event), event, "delta")

    def _text_done(self, event: JSON) -> None:
        self._add_text(self._items.of(event), event, "text")

    def _add_text(self, heard: Heard, event: JSON, field: str) -> None:
        index = _index(event, "content_index")
        part = heard.part("text", index)
        if not part.told:
            part.start = self._length
        text = part.add(event.get(field)) if field == "delta" else part.rest(event.get(field))
        logprobs = token_logprobs(event.get("logprobs"))
        if logprobs and field != "delta" and part.logprobs:
            logprobs = []
        part.logprobs = part.logprobs or bool(logprobs)
        self._length += len(text)
        if text or logprobs:
            self._say(deltas.Text(text, logprobs))

    def _refuse(self, heard: Heard, event: JSON, field: str) -> None:
        part = heard.part("refusal", _index(event, "content_index"))
        text = part.add(event.get(field)) if field == "delta" else part.rest(event.get(field))
        if text:
            self._say(deltas.Refusal(text))

    def _annotation(self, event: JSON) -> None:
        number = _index(event, "annotation_index")
        self._cite(self._items.of(event), _object(event.get("annotation")), _index(event, "content_index"), number)

    def _cite(self, heard: Heard, annotation: JSON, index: int, number: int) -> None:
        if not heard.cite(index, number):
            return
        told = annotation_to_chat(annotation, heard.part("text", index).start)
        if told is not None:
            self._told.append(deltas.Annotation(told))
            return
        kind = annotation.get("type")
        path = f"output[{heard.place}].content[{index}].annotations[{number}]"
        self._told.append(deltas.Untold(path, f"chat cannot cite by '{kind}'"))

    # ---- reasoning ----

    def _reason(self, event: JSON, form: str, field: str) -> None:
        self._think(self._items.of(event), form, _index(event, f"{form}_index"), event.get(field), field == "delta")

    def _think(self, heard: Heard, form: str, index: int, text: Any, fragment: bool) -> None:
        """One form is told, the one that came first: the other says the same."""
        if heard.form not in ("", form) or not text:
            return
        heard.form = form
        part = heard.part(form, index)
        begins = not part.told
        more = part.add(text) if fragment else part.rest(text)
        if more:
            parted = begins and self._thought and not more.startswith("\n")  # which parts them already
            self._say(deltas.Reasoning("\n" + more if parted else more))
            self._thought = True

    def _settle_reasoning(self, heard: Heard, item: JSON) -> None:
        said = {form: self._parts(heard, item, form) for form in _FORMS}
        for form, parts in said.items():
            for index, part in enumerate(parts):
                self._think(heard, form, index, part.get("text"), fragment=False)
        texts = {form: text_of(parts, "\n") for form, parts in said.items()}
        for form, text in texts.items():
            if text and form != heard.form and text != texts[heard.form]:
                self._told.append(deltas.Untold(f"output[{heard.place}].{form}", "the reasoning is told in one form"))
        self._release(None)
        self._details = reasoning_to_chat(item)

    def _release(self, call_id: str | None) -> None:
        """Tell what waited for the reasoning's outcome: which call it led to, if it did."""
        if self._details:
            place = {} if call_id is None else {"call_id": call_id}
            details = [
                {**detail, **place} if detail.get("format") == SEALED_FORMAT else detail for detail in self._details
            ]
            self._details = []
            self._told.append(deltas.Details(details))

    # ---- calls ----

    def _call(self, heard: Heard, item: JSON) -> None:
        """Tell that a call begins, once it is known what is called."""
        if heard.called or not _said(item, "name") or not _said(item, "call_id"):
            return
        item = {"type": heard.kind, **item}
        if not isinstance(item.get("namespace", ""), str):
            item = {key: value for key, value in item.items() if key != "namespace"}
        heard.called = True
        heard.extra = extras_of(item)
        self._release(item["call_id"])
        self._told.append(deltas.Call(heard.place, call_to_chat(item, self._names)))
        if waiting := heard.part("arguments", 0).told:
            self._told.append(deltas.Arguments(heard.place, "".join(waiting)))

    def _arguments(self, event: JSON) -> None:
        heard = self._items.of(event)
        text = heard.part("arguments", 0).add(event.get("delta"))
        if text and heard.called:
            self._told.append(deltas.Arguments(heard.place, text))

    def _settle_call(self, heard: Heard, item: JSON) -> None:
        if not _said(item, "call_id"):  # some say an id alone
            item = {**item, "call_id": item["id"] if _said(item, "id") else f"call_{heard.place}"}
        if heard.kind not in _GROWING:
            self._settle_whole(heard, item)
            return
        self._call(heard, item)
        if not heard.called:
            self._untold(heard, "the upstream did not say what it calls")
            return
        if (extra := extras_of(item)) and extra != heard.extra:
            self._told.append(deltas.Extra(heard.place, extra))
        whole = item.get("input" if heard.kind == "custom_tool_call" else "arguments") or ""
        if not isinstance(whole, str):
            whole = to_json(whole, inf_nan_mode="constants").decode()
        if heard.kind == "function_call" and not whole and item.get("status") != "incomplete":
            whole = "{}"  # as chat upstreams say it
        if text := heard.part("arguments", 0).rest(whole):
            self._told.append(deltas.Arguments(heard.place, text))

    def _settle_whole(self, heard: Heard, item: JSON) -> None:
        """A call of a built-in tool that the client runs: chat knows it as a function."""
        kind = CALLS[heard.kind]
        try:
            arguments = kind.arguments(item)
        except (KeyError, TypeError, ValueError, AttributeError):
            self._untold(heard, f"the upstream did not say all of a '{heard.kind}'")
            return
        self._call(heard, {**item, "type": "function_call", "name": kind.type})
        self._told.append(deltas.Arguments(heard.place, arguments))

    def _untold(self, heard: Heard, reason: str) -> None:
        self._told.append(deltas.Untold(f"output[{heard.place}]", reason))

    def _say(self, delta: deltas.Delta) -> None:
        """Tell something that is no call: reasoning before it led to no call."""
        self._release(None)
        self._told.append(delta)


def _seconds(value: Any) -> int | None:
    """A time with fractions in whole seconds; None where it is none."""
    return int(value) if isinstance(value, float) and 0 <= value < 1e12 else None


def _said(item: JSON, key: str) -> bool:
    """Whether there is a text that is not empty."""
    return isinstance(item.get(key), str) and bool(item[key])


def _object(value: Any) -> JSON:
    return value if isinstance(value, dict) else {}


def _objects(value: Any) -> list[JSON]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _index(event: JSON, key: str) -> int:
    index = event.get(key)
    return index if isinstance(index, int) else 0


_TAKERS: dict[str, Callable[[Reader, JSON], None]] = {
    events.CREATED: Reader._open,
    events.OUTPUT_ITEM_ADDED: Reader._item_added,
    events.OUTPUT_ITEM_DONE: Reader._item_done,
    events.OUTPUT_TEXT_DELTA: Reader._text,
    events.OUTPUT_TEXT_DONE: Reader._text_done,
    events.ANNOTATION_ADDED: Reader._annotation,
    events.REFUSAL_DELTA: lambda reader, event: reader._refuse(reader._items.of(event), event, "delta"),
    events.REFUSAL_DONE: lambda reader, event: reader._refuse(reader._items.of(event), event, "refusal"),
    events.REASONING_SUMMARY_TEXT_DELTA: lambda reader, event: reader._reason(event, "summary", "delta"),
    events.REASONING_SUMMARY_TEXT_DONE: lambda reader, event: reader._reason(event, "summary", "text"),
    **dict.fromkeys(_RAW_DELTAS, lambda reader, event: reader._reason(event, "content", "delta")),
    **dict.fromkeys(_RAW_DONES, lambda reader, event: reader._reason(event, "content", "text")),
    events.FUNCTION_CALL_ARGUMENTS_DELTA: Reader._arguments,
    events.CUSTOM_TOOL_CALL_INPUT_DELTA: Reader._arguments,
    events.COMPLETED: Reader._end,
    events.INCOMPLETE: Reader._end,
    events.FAILED: Reader._end,
    "response.cancelled": Reader._end,
}
"""What takes an event of each type."""
