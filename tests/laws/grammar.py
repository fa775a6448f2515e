"""The grammar of a stream of Responses events, as the machine that reads it.

    stream    = created 1*in-progress *item [error] terminal          ; further in-progress: a heartbeat, anywhere
    item      = item-added *part item-done                            ; message, reasoning
              / item-added *input-delta input-done item-done          ; function_call, custom_tool_call
              / item-added *command item-done                         ; shell_call
              / item-added item-done                                  ; the other built-in tools' calls
              / item-added image-in-progress image-completed item-done          ; image_generation_call
    part      = part-added *( delta / annotation ) delta-done part-done
    command   = command-added command-delta command-done
    terminal  = completed / incomplete / failed                       ; failed exactly where an error was told

A rule is a method; it takes what it wants next and checks what the events of one thing must agree on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

JSON = dict[str, Any]

_TERMINALS = {
    "response.completed": "completed",
    "response.incomplete": "incomplete",
    "response.failed": "failed",
}
# A part's type: the events that tell of it, and the field that holds its text.
_PARTS = {
    "output_text": ("response.output_text", "text"),
    "refusal": ("response.refusal", "refusal"),
    "reasoning_text": ("response.reasoning_text", "text"),
    "summary_text": ("response.reasoning_summary_text", "text"),
}
_INPUTS = {
    "function_call": ("response.function_call_arguments", "arguments"),
    "custom_tool_call": ("response.custom_tool_call_input", "input"),
}
_WHOLE = ("tool_search_call", "apply_patch_call", "local_shell_call")


def assert_grammatical(events: Sequence[JSON]) -> None:
    """Raise an AssertionError at the first event that the grammar does not allow."""
    numbers = [event["sequence_number"] for event in events]
    assert numbers == [*range(len(events))], f"sequence numbers {numbers}"
    _Reader(events).stream()


class _Reader:
    def __init__(self, events: Sequence[JSON]) -> None:
        opening, rest = events[:2], events[2:]
        self.events = [*opening, *(event for event in rest if event["type"] != "response.in_progress")]
        self.position = 0

    def peek(self) -> str:
        at_end = self.position == len(self.events)
        return "" if at_end else str(self.events[self.position]["type"])

    def take(self, *kinds: str, **fields: Any) -> JSON:
        """The next event, which must be of one of these types and have these fields."""
        assert self.peek() in kinds, f"event {self.position} is {self.peek()!r}, not {' or '.join(kinds)}"
        event = self.events[self.position]
        for name, value in fields.items():
            assert event[name] == value, f"{name} of event {self.position} is {event[name]!r}, not {value!r}"
        self.position += 1
        return event

    def stream(self) -> None:
        created = self.take("response.created")
        started = self.take("response.in_progress")
        for event in (created, started):
            assert event["response"]["status"] == "in_progress"
            assert event["response"]["output"] == []
        items: list[JSON] = []
        while self.peek() == "response.output_item.added":
            items.append(self.item(len(items)))
        self.terminal(created, items)

    def terminal(self, created: JSON, items: list[JSON]) -> None:
        error = self.take("error") if self.peek() == "error" else None
        terminal = self.take(*_TERMINALS)
        assert self.peek() == "", "something follows the terminal event"
        response = terminal["response"]
        assert response["status"] == _TERMINALS[terminal["type"]]
        assert response["id"] == created["response"]["id"]
        assert response["output"] == items, "the done items are not the final output"
        assert (error is not None) == (response["error"] is not None) == (response["status"] == "failed")
        assert (response["incomplete_details"] is not None) == (response["status"] == "incomplete")
        for item in items[:-1]:
            assert item.get("status", "completed") == "completed", "an item that is cut short is not the last"
        if items and items[-1].get("status") == "incomplete":
            assert response["status"] != "completed", "an item is incomplete, the response is not"

    def item(self, index: int) -> JSON:
        added = self.take("response.output_item.added", output_index=index)["item"]
        place = {"output_index": index, "item_id": added["id"]}
        if added["type"] in _INPUTS:
            told = self.input(added, place)
        elif added["type"] == "shell_call":
            told = {"action": {**added["action"], "commands": self.commands(index)}}
        elif added["type"] == "image_generation_call":
            self.take("response.image_generation_call.in_progress", **place)
            self.take("response.image_generation_call.completed", **place)
            told = {}
        elif added["type"] in _WHOLE:
            told = {name: value for name, value in added.items() if name != "status"}
        else:
            told = self.parts(added, place)
        done: JSON = self.take("response.output_item.done", output_index=index)["item"]
        assert added.get("status", "in_progress") == "in_progress"
        assert done.get("status", "completed") in ("completed", "incomplete")
        for name, value in {**told, "id": added["id"], "type": added["type"]}.items():
            assert done[name] == value, f"{name} was told as {value!r} and is {done[name]!r} when done"
        return done

    def input(self, added: JSON, place: JSON) -> JSON:
        events, field = _INPUTS[added["type"]]
        assert added[field] == ""
        told = self.deltas(events, place, [])
        assert self.take(f"{events}.done", **place)[field] == told
        identity: JSON = {name: added[name] for name in ("name", "call_id", "namespace") if name in added}
        return {field: told, **identity}

    def commands(self, index: int) -> list[str]:
        events = "response.shell_call_command"
        commands: list[str] = []
        while self.peek() == f"{events}.added":
            place = {"output_index": index, "command_index": len(commands)}
            assert self.take(f"{events}.added", **place)["command"] == ""
            told = self.take(f"{events}.delta", **place)["delta"]
            assert self.take(f"{events}.done", **place)["command"] == told
            commands.append(told)
        return commands

    def parts(self, added: JSON, place: JSON) -> JSON:
        told: dict[str, list[JSON]] = {"content": [], "summary": []}
        kinds = {"response.content_part": "content", "response.reasoning_summary_part": "summary"}
        while (events := self.peek().removesuffix(".added")) in kinds:
            field = kinds[events]
            assert not added.get(field), f"the item has {field} before any was told"
            told[field].append(self.part(events, {**place, f"{field}_index": len(told[field])}))
        if added["type"] == "message":
            assert added["role"] == "assistant"
            assert told.pop("summary") == []
        elif not told["content"]:
            told.pop("content")
        return told

    def part(self, events: str, place: JSON) -> JSON:
        added = self.take(f"{events}.added", **place)["part"]
        text_events, field = _PARTS[added["type"]]
        assert added[field] == ""
        annotations: list[JSON] = []
        told = self.deltas(text_events, place, annotations)
        assert self.take(f"{text_events}.done", **place)[field] == told
        part: JSON = self.take(f"{events}.done", **place)["part"]
        assert part["type"] == added["type"]
        assert part[field] == told
        assert part.get("annotations", []) == annotations
        return part

    def deltas(self, events: str, place: JSON, annotations: list[JSON]) -> str:
        told = []
        while self.peek() in (f"{events}.delta", "response.output_text.annotation.added"):
            if self.peek() == f"{events}.delta":
                told.append(self.take(f"{events}.delta", **place)["delta"])
                assert told[-1], "a delta is empty"
            else:
                event = self.take(self.peek(), **place, annotation_index=len(annotations))
                annotations.append(event["annotation"])
        return "".join(told)
