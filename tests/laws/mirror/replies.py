"""Random replies of a Responses upstream, and random ways of telling them event by event."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from hypothesis import strategies as st

from ..completions import cut
from ..texts import objects, texts, written

JSON = dict[str, Any]


@dataclass(frozen=True)
class Item:
    """One item of the output, as it is when it is done, and the pieces it may be told in."""

    done: JSON
    tokens: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reply:
    """What an upstream has to say, before it is decided how it says it."""

    items: tuple[Item, ...]
    status: str = "completed"
    reason: str | None = None
    usage: JSON | None = None

    def response(self) -> JSON:
        """The response as it comes whole."""
        return {
            "id": "resp_1",
            "object": "response",
            "created_at": 7,
            "status": self.status,
            "model": "upstream-model",
            "error": None,
            "incomplete_details": {"reason": self.reason} if self.reason else None,
            "output": [item.done for item in self.items],
            "usage": self.usage,
            "service_tier": "default",
        }

    def texts(self, kind: str) -> list[str]:
        """All texts of parts of a kind, in order."""
        parts = [part for item in self.items for part in [*item.done.get("content", ()), *item.done.get("summary", ())]]
        return [part.get("text", part.get("refusal")) for part in parts if part["type"] == kind]


# ---- random replies ----

_some = texts.filter(bool)


@st.composite
def _messages(draw: st.DrawFn) -> Item:
    if draw(st.integers(0, 4)) == 0:
        return Item({"type": "message", "role": "assistant", "content": [{"type": "refusal", "refusal": draw(_some)}]})
    tokens = tuple(draw(st.lists(_some, max_size=4)))
    places = draw(st.lists(st.integers(0, 9), max_size=2)) if tokens else []
    logprobs = [
        {"token": token, "logprob": -0.5, "bytes": list(token.encode()), "top_logprobs": []} for token in tokens
    ]
    part = {
        "type": "output_text",
        "text": "".join(tokens),
        "annotations": [
            {"type": "url_citation", "url": "https://example.com", "title": "A", "start_index": n, "end_index": n + 1}
            for n in places
        ],
        "logprobs": logprobs if draw(st.booleans()) else [],
    }
    return Item({"type": "message", "role": "assistant", "content": [part]}, tokens)


@st.composite
def _reasonings(draw: st.DrawFn) -> Item:
    item: JSON = {"type": "reasoning", "summary": []}
    match draw(st.integers(0, 3)):
        case 0:
            item["content"] = [{"type": "reasoning_text", "text": draw(_some)}]
        case 1 | 2:
            item["summary"] = [{"type": "summary_text", "text": text} for text in draw(st.lists(_some, max_size=2))]
    if draw(st.booleans()):
        item["encrypted_content"] = draw(st.sampled_from(("gAAAA", "sealed+/=")))
    return Item(item)


def _call(custom: bool, name: str, text: str) -> Item:
    kind, field = ("custom_tool_call", "input") if custom else ("function_call", "arguments")
    return Item({"type": kind, "name": name, field: text})


_calls = st.one_of(
    st.builds(_call, st.just(False), st.sampled_from(("find", "get_time")), written(objects)),
    st.builds(_call, st.just(True), st.just("note"), texts),
)

_usages = st.builds(
    lambda *counts: {
        "input_tokens": counts[0] + counts[2],
        "input_tokens_details": {"cached_tokens": counts[2]},
        "output_tokens": counts[1] + counts[3],
        "output_tokens_details": {"reasoning_tokens": counts[3]},
        "total_tokens": sum(counts),
    },
    *[st.integers(0, 5000)] * 4,
)

_PREFIXES = {"message": "msg", "reasoning": "rs", "function_call": "fc", "custom_tool_call": "ctc"}


def _numbered(items: list[Item]) -> tuple[Item, ...]:
    told = []
    for number, item in enumerate(items):
        done = {"id": f"{_PREFIXES[item.done['type']]}_{number}", "status": "completed", **item.done}
        if done["type"] in ("function_call", "custom_tool_call"):
            done["call_id"] = f"call_{number}"
        told.append(Item(done, item.tokens))
    return tuple(told)


replies = st.builds(
    lambda items, outcome, usage: Reply(_numbered(items), outcome[0], outcome[1], usage),
    st.lists(st.one_of(_messages(), _messages(), _reasonings(), _calls), max_size=5),
    st.sampled_from(
        (
            ("completed", None),
            ("completed", None),
            ("incomplete", "max_output_tokens"),
            ("incomplete", "content_filter"),
        )
    ),
    st.none() | _usages,
)


# ---- random streams ----


def events_of(reply: Reply, random: Random) -> list[JSON]:
    """The reply as a stream: cut anywhere, neighbouring calls interleaved, much of what is repeated left out."""
    empty = {**reply.response(), "status": "in_progress", "incomplete_details": None, "output": [], "usage": None}
    events: list[JSON] = [{"type": kind, "response": empty} for kind in ("response.created", "response.in_progress")]
    waiting: list[list[JSON]] = []
    for index, item in enumerate(reply.items):
        told = list(_events_of_item(item, index, random))
        calls = item.done["type"] in ("function_call", "custom_tool_call")
        if calls and told[0]["type"] == "response.output_item.added" and random.random() < 0.5:
            waiting.append(told)
            continue
        events += _interleaved(waiting, random)
        waiting = []
        events += told
    events += _interleaved(waiting, random)
    for _ in range(random.randrange(3)):  # heartbeats, and what nobody knows
        place = random.randrange(1, len(events) + 1)
        other: JSON = {"type": "vendor:progress", "percent": 50}
        events.insert(place, random.choice((events[1], other)))
    events.append({"type": f"response.{reply.status}", "response": reply.response()})
    events = random.choice(_WAYS)(events)
    return [{**event, "sequence_number": number} for number, event in enumerate(events)]


def _one_after_the_other(events: list[JSON]) -> bool:
    """Whether each item is announced, told and ended before the next."""
    places = [event["output_index"] for event in events if "output_index" in event]
    begun = [event["output_index"] for event in events if event["type"] == "response.output_item.added"]
    ended = [event["output_index"] for event in events if event["type"] == "response.output_item.done"]
    return places == sorted(places) and begun == ended == list(dict.fromkeys(places))


def _at_one_index(events: list[JSON]) -> list[JSON]:
    """Every item at the same index: only ids tell them apart."""
    if not _one_after_the_other(events):
        return events
    return [{**event, "output_index": 0} if "output_index" in event else event for event in events]


def _without_places(events: list[JSON]) -> list[JSON]:
    """No word of which item a delta belongs to: it is the one that was announced last."""
    if not _one_after_the_other(events):
        return events
    return [
        {key: value for key, value in event.items() if key not in ("item_id", "output_index")}
        if "item_id" in event
        else event
        for event in events
    ]


def _without_indexes(events: list[JSON]) -> list[JSON]:
    """Only ids tell which item an event belongs to, however they are interleaved."""
    return [{key: value for key, value in event.items() if key != "output_index"} for event in events]


def _renamed(events: list[JSON]) -> list[JSON]:
    """Other ids in the final response than in the events before it."""
    *others, final = events
    output = [
        item if item["type"] == "reasoning" else {**item, "id": f"other_{item['id']}"}
        for item in final["response"]["output"]
    ]
    return [*others, {**final, "response": {**final["response"], "output": output}}]


_WAYS = (lambda events: events, _at_one_index, _without_places, _without_indexes, _renamed)
"""As the API tells a stream, and as others do."""


def _interleaved(queues: list[list[JSON]], random: Random) -> Iterator[JSON]:
    """The events of calls, each call's in their order, and the calls beginning in theirs."""
    begun = 0
    while any(queues):
        ready = [queue for queue in queues[:begun] if queue]
        if begun < len(queues) and (not ready or random.random() < 0.5):
            ready = [queues[begun]]
            begun += 1
        yield random.choice(ready).pop(0)


def _events_of_item(item: Item, index: int, random: Random) -> Iterator[JSON]:
    done = item.done
    place = {"output_index": index, "item_id": done["id"]}
    opening = {
        key: "" if key in ("arguments", "input") else [] if key in ("content", "summary") else value
        for key, value in done.items()
        if key != "encrypted_content"
    }
    habit = random.choice(("all", "all", "no deltas", "no announcement", "no end"))
    if habit != "no announcement":
        yield {
            "type": "response.output_item.added",
            "output_index": index,
            "item": {**opening, "status": "in_progress"},
        }
    if habit != "no deltas":
        yield from _deltas(item, place, random)
    if habit != "no end" or done["type"] == "reasoning":
        yield {"type": "response.output_item.done", "output_index": index, "item": done}


def _deltas(item: Item, place: JSON, random: Random) -> Iterator[JSON]:
    done = item.done
    repeats = random.random() < 0.5
    match done["type"]:
        case "function_call" | "custom_tool_call":
            kind, field = (
                ("function_call_arguments", "arguments")
                if done["type"] == "function_call"
                else ("custom_tool_call_input", "input")
            )
            for piece in cut(done[field], random):
                yield {"type": f"response.{kind}.delta", **place, "delta": piece}
            yield {"type": f"response.{kind}.done", **place, field: done[field]}
        case "reasoning":
            for field, kind in (("content", "reasoning_text"), ("summary", "reasoning_summary_text")):
                for index, part in enumerate(done.get(field, ())):
                    where = {**place, f"{field}_index": index}
                    for piece in cut(part["text"], random):
                        yield {"type": f"response.{kind}.delta", **where, "delta": piece}
                    if repeats:
                        yield {"type": f"response.{kind}.done", **where, "text": part["text"]}
        case _:
            yield from _message_deltas(item, {**place, "content_index": 0}, repeats, random)


def _message_deltas(item: Item, place: JSON, repeats: bool, random: Random) -> Iterator[JSON]:
    (part,) = item.done["content"]
    if part["type"] == "refusal":
        for piece in cut(part["refusal"], random):
            yield {"type": "response.refusal.delta", **place, "delta": piece}
        if repeats:
            yield {"type": "response.refusal.done", **place, "refusal": part["refusal"]}
        return
    if part["logprobs"]:
        for token, entry in zip(item.tokens, part["logprobs"], strict=True):
            yield {"type": "response.output_text.delta", **place, "delta": token, "logprobs": [entry]}
    else:
        for piece in cut(part["text"], random):
            yield {"type": "response.output_text.delta", **place, "delta": piece, "logprobs": []}
    for number, annotation in enumerate(part["annotations"]):
        kind = "response.output_text.annotation.added"
        yield {"type": kind, **place, "annotation_index": number, "annotation": annotation}
    if repeats:
        yield {"type": "response.output_text.done", **place, "text": part["text"], "logprobs": part["logprobs"]}
