"""Messages: the order of a conversation, its turns, calls and their outputs.

Chat wants what Responses leaves free: an assistant's text and its calls are one message, their outputs follow at once,
in the order of the calls, and nothing stands between. So items are first gathered into turns and then written out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

from ..dialects import Dialect
from ..errors import InvalidRequest, Unsupported
from .attachments import NO_ATTACHMENTS, Attachments
from .content import chat_content, map_content
from .losses import Losses
from .plain_messages import map_plain_items
from .provider_data import calls_of, details_of, provider_data
from .reasoning import reasoning_text
from .sealed import Sealer, open_compaction, open_reasoning
from .tool_kinds import CALLS, OUTPUTS
from .tool_names import ToolNames
from .tools import map_call
from .turn_order import order_turns, parts_of
from .turns import Call, Turn, Writer

JSON = dict[str, Any]

_TEXT_ROLES = ("user", "assistant")
_IMAGE_FOLLOWS = "The image that the assistant made:"


class _Gatherer:
    """Input items → messages and turns, in order."""

    def __init__(
        self, dialect: Dialect, losses: Losses, names: ToolNames, sealer: Sealer | None, attachments: Attachments
    ) -> None:
        self.dialect = dialect
        self.attachments = attachments
        self.losses = losses
        self.names = names
        self.sealer = sealer
        self.leading: list[JSON] = []  # system and developer messages before anything else
        self.entries: list[JSON | Turn] = []
        self.thoughts: list[tuple[str, str]] = []  # reasoning that waits for what it led to
        self.details: list[JSON] = []
        self.extras: dict[str, JSON] = {}  # of calls, by id
        self.calls: dict[str, tuple[Call, Turn] | None] = {}  # by id; None once it was answered
        self.call_ids: dict[str, str] = {}  # by the ids of the calls' items

    def turn(self) -> Turn:
        """The assistant's turn that is going on, or a new one."""
        last = self.entries[-1] if self.entries else None
        return last if isinstance(last, Turn) and not last.answered else self.new_turn()

    def new_turn(self) -> Turn:
        turn = Turn()
        self.entries.append(turn)
        return turn

    def settle_thoughts(self, turn: Turn) -> None:
        turn.reasoning += self.thoughts
        turn.details += self.details
        self.thoughts, self.details = [], []

    def message(self, item: JSON, path: str) -> None:
        role = item["role"]
        parts = map_content(item["content"], f"{path}.content", self.dialect, self.losses, self.attachments)
        if role == "assistant":
            self._assistant(parts, f"{path}.content")
            return
        if self.thoughts:
            self.settle_thoughts(self.turn())
        arrays = (role if role == "user" else "system") in self.dialect.content_arrays
        separator = "\n" if role == "user" else "\n\n"
        content = chat_content(parts, arrays=arrays, separator=separator, path=f"{path}.content")
        message: JSON = {"role": role, "content": content}
        if role == "user":
            self.entries.append(message)
        elif not self.entries:
            self.leading.append(message)
        elif self.dialect.system_layout == "anywhere":
            self.entries.append(as_system(message, self.dialect))
        else:
            self.losses.report(f"{path}.role", f"the upstream takes no late {role} message, sent as user")
            self.entries.append({"role": "user", "content": content})

    def text(self, role: str, text: str) -> None:
        """A user's or an assistant's message of nothing but text, as `message` would take it."""
        if role == "assistant":
            self._begin_answer().text = text
        else:
            if self.thoughts:
                self.settle_thoughts(self.turn())
            self.entries.append({"role": role, "content": text})

    def _begin_answer(self) -> Turn:
        turn = self.entries[-1] if self.entries else None
        if (
            not isinstance(turn, Turn)
            or turn.answered
            or turn.text is not None
            or turn.refusal is not None
            or turn.calls
        ):
            turn = self.new_turn()
        if self.thoughts:
            self.settle_thoughts(turn)
        return turn

    def _assistant(self, parts: list[JSON], path: str) -> None:
        turn = self._begin_answer()
        refusals = [part["refusal"] for part in parts if part["type"] == "refusal"]
        if refusals and self.dialect.refusal_field:
            turn.refusal = "".join(refusals)
            parts = [part for part in parts if part["type"] != "refusal"]
        else:
            if refusals:
                self.losses.report(path, "the upstream knows no refusals, so what was refused is told as text")
            parts = [{"type": "text", "text": part["refusal"]} if part["type"] == "refusal" else part for part in parts]
        if parts or turn.refusal is None:
            arrays = "assistant" in self.dialect.content_arrays
            turn.text = chat_content(parts, arrays=arrays, separator="", path=path)

    def reasoning(self, item: JSON, path: str) -> None:
        sealed = open_reasoning(item, self.sealer, path)
        own = provider_data(item)
        text = sealed.get("text") or reasoning_text(item)
        details = details_of(sealed) or details_of(own)
        self.extras |= calls_of(own) | calls_of(sealed)
        if not text and not details:
            return  # there is nothing to be read: sealed elsewhere, or empty
        last = self.entries[-1] if self.entries else None
        if not text and isinstance(last, Turn) and not last.answered:
            last.details += details  # it came late: what it belongs to was said before it
            return
        self.thoughts.append((path, text))
        self.details += details

    def compaction(self, item: JSON, path: str) -> None:
        self.message(open_compaction(item, self.sealer, path), path)

    def image(self, item: JSON, path: str) -> None:
        """An image that the model drew: chat has pictures in what users say alone."""
        if not item.get("result"):
            self.losses.report(path, "there is no image in it")
        elif "data" not in self.dialect.image:
            self.losses.report(path, "the upstream takes no images")
        else:
            url = f"data:image/{item.get('output_format') or 'png'};base64,{item['result']}"
            shown = [{"type": "input_text", "text": _IMAGE_FOLLOWS}, {"type": "input_image", "image_url": url}]
            self.message({"role": "user", "content": shown}, path)

    def call(self, item: JSON, path: str) -> None:
        if "call_id" not in item:
            self.losses.report(path, "the upstream cannot be told of a search that another server ran")
            return
        if self.calls.get(item["call_id"]) is not None:
            raise InvalidRequest(
                f"The call at '{path}' has the call_id '{item['call_id']}' of a call without an output so far: give"
                " each call an id of its own.",
                param=f"{path}.call_id",
                code="invalid_value",
            )
        turn = self.turn()
        if self.thoughts:
            self.settle_thoughts(turn)
        if own := provider_data(item):
            self.extras[item["call_id"]] = own
        call = Call(map_call(item, self.names), path, item.get("status") == "incomplete")
        turn.calls.append(call)
        self.calls[item["call_id"]] = call, turn
        if item.get("id"):
            self.call_ids[item["id"]] = item["call_id"]

    def output(self, item: JSON, path: str) -> None:
        call_id: str | None = item.get("call_id")
        if call_id is None:
            if item["type"] == "tool_search_output":
                return  # reported with its call
            # OpenAI's SDK puts a call's id into `id` here
            said = str(item.get("id", ""))
            call_id = self.call_ids.get(said, said)
        waiting = self.calls.get(call_id)
        if waiting is None:
            fault = "already has an output" if call_id in self.calls else "has no call in the input"
            raise InvalidRequest(
                f"The output at '{path}' is for call_id '{call_id}', which {fault}; send each call once, followed by "
                "its one output.",
                param=f"{path}.call_id",
                code="invalid_value",
            )
        call, turn = waiting
        self.calls[call_id] = None
        call.path = f"{path}.output"
        result = OUTPUTS[item["type"]].result(item, self.names)
        if not isinstance(result, str):
            result = map_content(result, call.path, self.dialect, self.losses, self.attachments)
        call.output = result
        turn.answered = True

    def finish(self) -> None:
        """Settle what waits; raises InvalidRequest for a call that nothing answered."""
        if self.thoughts:
            self.settle_thoughts(self.turn())
        for call_id, waiting in self.calls.items():
            if waiting is None:
                continue
            call, turn = waiting
            if call.cut:
                turn.calls.remove(call)
                self.losses.report(call.path, "the call was cut short and has no output")
                continue
            raise InvalidRequest(
                f"No tool output found for function call '{call_id}'; add a function_call_output item for it.",
                param="input",
                code="invalid_value",
            )


def map_items(
    input: str | Sequence[JSON],
    instructions: Sequence[str],
    dialect: Dialect,
    losses: Losses,
    names: ToolNames | None = None,
    sealer: Sealer | None = None,
    history: Sequence[JSON] = (),
    attachments: Attachments = NO_ATTACHMENTS,
) -> list[JSON]:
    """Instructions, the items of earlier turns and those of this one → chat messages, as this upstream takes them.

    `names` says what the upstream calls the client's tools; without it, each has the name it would get first. Raises
    InvalidRequest for an output without its call, a call without its output, and items nobody can send.
    """
    names = names if names is not None else ToolNames()
    items = [{"role": "user", "content": input}] if isinstance(input, str) else input
    plain = map_plain_items(chain(history, items) if history else items, dialect, names)
    if plain is not None:
        return order_turns([*_write_system(instructions, [], dialect), *plain], dialect)
    gatherer = _Gatherer(dialect, losses, names, sealer, attachments)
    return order_turns(_map_any(gatherer, history, items, instructions), dialect)


def _map_any(
    gatherer: _Gatherer, history: Sequence[JSON], items: Sequence[JSON], instructions: Sequence[str]
) -> list[JSON]:
    """Whatever the items are."""
    _gather(gatherer, history, "history")
    _gather(gatherer, items, "input")
    gatherer.finish()
    messages = _write_system(instructions, gatherer.leading, gatherer.dialect)
    writer = Writer(gatherer.dialect, gatherer.losses, gatherer.extras)
    for entry in gatherer.entries:
        if not isinstance(entry, Turn):
            messages.append(entry)
        elif entry.is_text():
            messages.append({"role": "assistant", "content": entry.text})
        else:
            messages += writer.turn(entry)
    return messages


_KINDS: dict[str, Callable[[_Gatherer, JSON, str], None]] = {
    "message": _Gatherer.message,
    "reasoning": _Gatherer.reasoning,
    "compaction": _Gatherer.compaction,
    "image_generation_call": _Gatherer.image,
    **dict.fromkeys(CALLS, _Gatherer.call),
    **dict.fromkeys(OUTPUTS, _Gatherer.output),
}


def _gather(gatherer: _Gatherer, items: Sequence[JSON], name: str) -> None:
    for index, item in enumerate(items):
        kind = item.get("type", "message")
        if kind == "message" and isinstance(item["content"], str) and item["role"] in _TEXT_ROLES:
            gatherer.text(item["role"], item["content"])  # most are such, and nothing of them needs a path
            continue
        path = f"{name}[{index}]"
        if kind == "additional_tools":
            continue  # they are offered with all others
        gather = _KINDS.get(kind)
        if gather is None:
            raise Unsupported(
                f"'{path}' is an item of type '{kind}', which a chat upstream cannot be told; leave it out.",
                param=path,
            )
        gather(gatherer, item, path)


def _write_system(instructions: Sequence[str], leading: list[JSON], dialect: Dialect) -> list[JSON]:
    """Instructions and leading system messages, as one where this upstream takes only one."""
    # instructions speak with the developer's voice, so they take the role that has it
    messages: list[JSON] = [{"role": "developer", "content": text} for text in instructions] + leading
    if dialect.system_layout == "single_leading" and len(messages) > 1:
        parts = [part for message in messages for part in parts_of(message["content"])]
        content = chat_content(parts, arrays="system" in dialect.content_arrays, separator="\n\n", path="instructions")
        messages = [{"role": "developer", "content": content}]
    return [as_system(message, dialect) for message in messages]


def as_system(message: JSON, dialect: Dialect) -> JSON:
    """A system or developer message in the role that this upstream has for it."""
    keeps_role = dialect.system_role == "developer"  # such upstreams know both roles
    return message if keeps_role else {**message, "role": dialect.system_role}
