"""Calls as they are told of: those that grow, and those that come whole."""

from __future__ import annotations

from typing import Any, NamedTuple

from pydantic_core import from_json

from ..mapping.freeform import Unwrapper
from ..mapping.losses import Losses
from ..mapping.provider_data import KEY
from ..mapping.tool_kinds import KINDS, ToolKind
from ..mapping.tool_kinds.function import FUNCTION
from ..mapping.tool_names import Tool, ToolNames
from ..wire import events
from .builders import Emit, ItemBuilder, ItemStatus, Phase
from .call_queue import WaitingCall, is_complete
from .call_reader import is_whole_object

JSON = dict[str, Any]


class CallIdentity(NamedTuple):
    """What tells a call from all others."""

    item_id: str
    output_index: int
    call_id: str
    tool: Tool
    extra: JSON
    """What the upstream said of it and wants back."""


class CallBuilder(ItemBuilder):
    """A call that grows: its input is told as it comes."""

    def __init__(self, emit: Emit, call: CallIdentity) -> None:
        self._call = call
        self._arguments: list[str] = []
        super().__init__(emit, call.item_id, call.output_index)

    def append(self, arguments: str) -> None:
        """Take more of the arguments, and tell what they say."""
        raise NotImplementedError

    def complete(self) -> bool:
        """Whether nothing more is to be expected."""
        return is_complete(self._arguments)

    def _head(self, type: str, status: str) -> JSON:
        tool = self._call.tool
        item: JSON = {"id": self.id, "type": type, "status": status, "call_id": self._call.call_id, "name": tool.name}
        if tool.namespace is not None:
            item["namespace"] = tool.namespace
        return item

    def _tail(self) -> JSON:
        return _own(self._call.extra)

    def _tell(self, event: str, **said: str) -> None:
        self._emit({"type": event, "item_id": self.id, "output_index": self.index, **said})


class FunctionCallBuilder(CallBuilder):
    """A function call: its arguments are JSON text. `losses` takes it where they are not; None: it is known already."""

    def __init__(self, emit: Emit, call: CallIdentity, losses: Losses | None) -> None:
        self._losses = losses
        self._empty_first = False
        super().__init__(emit, call)

    def append(self, arguments: str) -> None:
        """Tell of more of the arguments.

        An empty object at their beginning waits: some upstreams send one first, and then the arguments.
        """
        if not self._arguments and arguments.strip() == "{}":
            self._empty_first = True
        elif arguments:
            self._arguments.append(arguments)
            self._tell(events.FUNCTION_CALL_ARGUMENTS_DELTA, delta=arguments)

    def item(self, status: str) -> JSON:
        """The call as far as it has come."""
        return {**self._head("function_call", status), "arguments": "".join(self._arguments), **self._tail()}

    def close(self, status: ItemStatus, phase: Phase | None = None) -> JSON:
        """Tell that the call is done; a call without arguments has those of an empty object."""
        if not "".join(self._arguments).strip() and (status == "completed" or self._empty_first):
            self._arguments = ["{}"]
            self._tell(events.FUNCTION_CALL_ARGUMENTS_DELTA, delta="{}")
        elif self._losses is not None:
            name = self._call.tool.name
            if self._empty_first:
                self._losses.report("output", f"an empty object before the arguments of a call to '{name}' is left out")
            if status == "completed" and not is_whole_object(self._arguments):
                self._losses.report("output", f"the arguments of a call to '{name}' are no JSON object")
        item = self.item(status)
        self._tell(events.FUNCTION_CALL_ARGUMENTS_DONE, name=item["name"], arguments=item["arguments"])
        return self.done(item)


class CustomCallBuilder(CallBuilder):
    """A call of a freeform tool: its input is text, taken out of the arguments while they come."""

    def __init__(self, emit: Emit, call: CallIdentity, *, grammar: bool, losses: Losses) -> None:
        self._unwrapper = Unwrapper(grammar=grammar)
        self._losses = losses
        self._input: list[str] = []
        super().__init__(emit, call)

    def append(self, arguments: str) -> None:
        """Tell of the input that these arguments hold."""
        self._arguments.append(arguments)
        self._say(self._unwrapper.receive(arguments))

    def item(self, status: str) -> JSON:
        """The call as far as it has come."""
        return {**self._head("custom_tool_call", status), "input": "".join(self._input), **self._tail()}

    def close(self, status: ItemStatus, phase: Phase | None = None) -> JSON:
        """Tell that the call is done."""
        self._say(self._unwrapper.finish())
        if self._unwrapper.beside:
            names = ", ".join(self._unwrapper.beside)
            self._losses.report("output", f"a freeform call has but an input, not {names}")
        item = self.item(status)
        self._tell(events.CUSTOM_TOOL_CALL_INPUT_DONE, input=item["input"])
        return self.done(item)

    def _say(self, input: str) -> None:
        if input:
            self._input.append(input)
            self._tell(events.CUSTOM_TOOL_CALL_INPUT_DELTA, delta=input)


def new_call(
    emit: Emit, suffix: str, index: int, call_id: str, waiting: WaitingCall, names: ToolNames, losses: Losses
) -> CallBuilder | JSON:
    """Tell of a call: the builder of one that grows, or the item of one that is told whole.

    `suffix` ends the item's id. Arguments that do not make an item of the tool's kind reach the client as they are, in
    a function call.
    """
    tool = names.tool(waiting.name)
    kind = KINDS[tool.kind]
    fits = True
    if not kind.streams:
        fields = _fields(kind, "".join(waiting.fragments))
        if fields is not None:
            head = {"id": f"{kind.prefix}_{suffix}", "type": kind.call, "status": "completed", "call_id": call_id}
            return _tell_whole(emit, {**head, **fields, **_own(waiting.extra)}, index)
        losses.report(
            "output", f"the arguments of a call to '{tool.name}' do not fit it, it is told as a function call"
        )
        tool, kind, fits = Tool("function", waiting.name), FUNCTION, False
    identity = CallIdentity(f"{kind.prefix}_{suffix}", index, call_id, tool, waiting.extra)
    call: CallBuilder
    if tool.kind == "custom":
        call = CustomCallBuilder(emit, identity, grammar=names.has_grammar(waiting.name), losses=losses)
    else:
        call = FunctionCallBuilder(emit, identity, losses if fits else None)
    for fragment in waiting.fragments:
        call.append(fragment)
    return call


def _own(extra: JSON) -> JSON:
    return {KEY: dict(extra)} if extra else {}


def _fields(kind: ToolKind, arguments: str) -> JSON | None:
    try:
        value = from_json(arguments or "{}")
    except ValueError:
        return None
    return kind.fields(value) if isinstance(value, dict) else None


def _tell_whole(emit: Emit, item: JSON, index: int) -> JSON:
    """Tell of a call from its announcement to its end; the commands of a shell are told one by one."""
    added = {**item, "status": "in_progress"}
    commands: list[str] = []
    if item["type"] == "shell_call":
        commands = item["action"]["commands"]
        added["action"] = {**item["action"], "commands": []}
    emit({"type": events.OUTPUT_ITEM_ADDED, "output_index": index, "item": added})
    for number, command in enumerate(commands):
        place = {"output_index": index, "command_index": number}
        emit({"type": events.SHELL_CALL_COMMAND_ADDED, **place, "command": ""})
        emit({"type": events.SHELL_CALL_COMMAND_DELTA, **place, "delta": command})
        emit({"type": events.SHELL_CALL_COMMAND_DONE, **place, "command": command})
    emit({"type": events.OUTPUT_ITEM_DONE, "output_index": index, "item": item})
    return item
