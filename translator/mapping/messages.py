"""Messages: the order of a conversation, its turns, calls and their outputs.

Chat wants what Responses leaves free: an assistant's text and its calls are one message, their outputs follow at once,
in the order of the calls, and nothing stands between. So items are first gathered into turns and then written out.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from typing import Any

from ..dialects import Dialect
from ..errors import InvalidRequest, Unsupported
from .content import chat_content, is_text, map_content
from .losses import Losses
from .reasoning import reasoning_text, replay
from .sealed import Sealer, open_compaction, open_reasoning
from .tools import map_function_call

JSON = dict[str, Any]

_EMPTY_CONTENT: dict[str, str | None] = {"empty": "", "null": None, "space": " "}
_OUTPUT_FOLLOWS = "The output of this call is in the next message."


class _Turn:
    """What becomes one assistant message, with the tool messages that follow it."""

    def __init__(self) -> None:
        self.reasoning: list[tuple[str, str]] = []  # path, text
        self.text: str | list[JSON] | None = None
        self.refusal: str | None = None
        self.calls: list[_Call] = []
        self.answered = False  # an output stood in the input: what the assistant says next is another turn

    @property
    def spoke(self) -> bool:
        return self.text is not None or self.refusal is not None


class _Call:
    """A call and, once it was met, its output."""

    def __init__(self, item: JSON, turn: _Turn) -> None:
        self.item = item
        self.turn = turn
        self.output: list[JSON] | None = None  # chat parts
        self.path = ""


class _Gatherer:
    """Input items → messages and turns, in order."""

    def __init__(self, dialect: Dialect, losses: Losses, sealer: Sealer | None) -> None:
        self.dialect = dialect
        self.losses = losses
        self.sealer = sealer
        self.leading: list[JSON] = []  # system and developer messages before anything else
        self.entries: list[JSON | _Turn] = []
        self.thoughts: list[tuple[str, str]] = []  # reasoning that waits for what it led to
        self.unanswered: dict[str, deque[_Call]] = defaultdict(deque)
        self.answered: set[str] = set()

    def turn(self) -> _Turn:
        """The assistant's turn that is going on, or a new one."""
        last = self.entries[-1] if self.entries else None
        return last if isinstance(last, _Turn) and not last.answered else self.new_turn()

    def new_turn(self) -> _Turn:
        turn = _Turn()
        self.entries.append(turn)
        return turn

    def settle_thoughts(self, turn: _Turn) -> None:
        turn.reasoning += self.thoughts
        self.thoughts = []

    def message(self, item: JSON, path: str) -> None:
        role = item["role"]
        parts = map_content(item["content"], f"{path}.content", self.dialect, self.losses)
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

    def _assistant(self, parts: list[JSON], path: str) -> None:
        turn = self.turn()
        if turn.spoke or turn.calls:
            turn = self.new_turn()
        self.settle_thoughts(turn)
        refusals = [part["refusal"] for part in parts if part["type"] == "refusal"]
        if refusals and self.dialect.refusal_field:
            turn.refusal = "".join(refusals)
            parts = [part for part in parts if part["type"] != "refusal"]
        else:
            parts = [{"type": "text", "text": part["refusal"]} if part["type"] == "refusal" else part for part in parts]
        if parts or turn.refusal is None:
            arrays = "assistant" in self.dialect.content_arrays
            turn.text = chat_content(parts, arrays=arrays, separator="", path=path)

    def reasoning(self, item: JSON, path: str) -> None:
        text = open_reasoning(item, self.sealer, path) or reasoning_text(item)
        if text:  # else there is nothing to be read: sealed elsewhere, or empty
            self.thoughts.append((path, text))

    def compaction(self, item: JSON, path: str) -> None:
        self.message(open_compaction(item, self.sealer, path), path)

    def call(self, item: JSON, path: str) -> None:
        turn = self.turn()
        self.settle_thoughts(turn)
        call = _Call(item, turn)
        turn.calls.append(call)
        self.unanswered[item["call_id"]].append(call)

    def output(self, item: JSON, path: str) -> None:
        call_id = item["call_id"]
        waiting = self.unanswered[call_id]
        if not waiting:
            fault = "already has an output" if call_id in self.answered else "has no call in the input"
            raise InvalidRequest(
                f"The output at '{path}' is for call_id '{call_id}', which {fault}; send each call once, followed by "
                "its one output.",
                param=f"{path}.call_id",
                code="invalid_value",
            )
        call = waiting.popleft()
        self.answered.add(call_id)
        call.path = f"{path}.output"
        call.output = map_content(item["output"], call.path, self.dialect, self.losses)
        call.turn.answered = True

    def finish(self) -> None:
        """Settle what waits; raises InvalidRequest for a call that nothing answered."""
        if self.thoughts:
            self.settle_thoughts(self.turn())
        for call_id, waiting in self.unanswered.items():
            if waiting:
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
    sealer: Sealer | None = None,
    history: Sequence[JSON] = (),
) -> list[JSON]:
    """Instructions, the items of earlier turns and those of this one → chat messages, as this upstream takes them.

    Raises InvalidRequest for an output without its call, a call without its output, and items nobody can send.
    """
    gatherer = _Gatherer(dialect, losses, sealer)
    items = [{"role": "user", "content": input}] if isinstance(input, str) else input
    _gather(gatherer, history, "history")
    _gather(gatherer, items, "input")
    gatherer.finish()
    messages = _write_system(instructions, gatherer.leading, dialect)
    for entry in gatherer.entries:
        if isinstance(entry, _Turn):
            messages.extend(_write_turn(entry, dialect, losses))
        else:
            messages.append(entry)
    return _order(messages, dialect)


def _gather(gatherer: _Gatherer, items: Sequence[JSON], name: str) -> None:
    kinds: dict[str, Callable[[JSON, str], None]] = {
        "message": gatherer.message,
        "function_call": gatherer.call,
        "function_call_output": gatherer.output,
        "reasoning": gatherer.reasoning,
        "compaction": gatherer.compaction,
    }
    for index, item in enumerate(items):
        path = f"{name}[{index}]"
        kind = item.get("type", "message")
        gather = kinds.get(kind)
        if gather is None:
            raise Unsupported(
                f"'{path}' is an item of type '{kind}', which a chat upstream cannot be told; leave it out.",
                param=path,
            )
        gather(item, path)


def _write_turn(turn: _Turn, dialect: Dialect, losses: Losses) -> list[JSON]:
    message: JSON = {"role": "assistant"}
    if turn.text is not None:
        message["content"] = turn.text
    elif turn.refusal is not None:
        message["content"] = None
    elif dialect.empty_assistant_content != "omit":
        message["content"] = _EMPTY_CONTENT[dialect.empty_assistant_content]
    if turn.refusal is not None:
        message["refusal"] = turn.refusal
    if turn.calls:
        message["tool_calls"] = [map_function_call(call.item) for call in turn.calls]
    _replay_reasoning(message, turn, dialect, losses)
    if turn.text is None and turn.refusal is None and not turn.calls:
        return []  # only reasoning: reported by now
    messages = [message]
    media: list[JSON] = []
    for call in turn.calls:
        messages.append(_write_output(call, media, dialect, losses))
    if media:
        messages.append({"role": "user", "content": media})
    return messages


def _replay_reasoning(message: JSON, turn: _Turn, dialect: Dialect, losses: Losses) -> None:
    wanted = dialect.reasoning_replay
    has_answer = turn.text is not None or bool(turn.calls)
    if has_answer and (wanted == "all" or (wanted == "tool_turns" and turn.calls)):
        if turn.reasoning:
            replay(message, "\n".join(text for _, text in turn.reasoning), dialect)
        elif turn.calls and dialect.reasoning_placeholder is not None:
            replay(message, dialect.reasoning_placeholder, dialect)
        return
    for path, _ in turn.reasoning:
        losses.report(path, "the upstream does not take earlier reasoning back here")


def _write_output(call: _Call, media: list[JSON], dialect: Dialect, losses: Losses) -> JSON:
    """The tool message; what it cannot hold goes to `media`, for a user message after the whole block of outputs."""
    parts = call.output or []
    content: str | list[JSON]
    if dialect.tool_result_media == "inline" and not all(map(is_text, parts)):
        content = parts
    else:
        texts = [part for part in parts if is_text(part)]
        others = [part for part in parts if not is_text(part)]
        content = chat_content(texts, arrays=False, separator="\n", path=call.path)
        if others and dialect.tool_result_media == "drop":
            losses.report(call.path, "the upstream takes only text as a tool's output")
        elif others:
            content = content or _OUTPUT_FOLLOWS
            media.append({"type": "text", "text": f"Output of {call.item['name']} ({call.item['call_id']}):"})
            media.extend(others)
    message: JSON = {"role": "tool", "tool_call_id": call.item["call_id"], "content": content}
    if dialect.tool_result_name:
        message["name"] = call.item["name"]
    return message


def _write_system(instructions: Sequence[str], leading: list[JSON], dialect: Dialect) -> list[JSON]:
    """Instructions and leading system messages, as one where this upstream takes only one."""
    # instructions speak with the developer's voice, so they take the role that has it
    messages: list[JSON] = [{"role": "developer", "content": text} for text in instructions] + leading
    if dialect.system_layout == "single_leading" and len(messages) > 1:
        parts = [part for message in messages for part in _parts(message["content"])]
        content = chat_content(parts, arrays="system" in dialect.content_arrays, separator="\n\n", path="instructions")
        messages = [{"role": "developer", "content": content}]
    return [as_system(message, dialect) for message in messages]


def as_system(message: JSON, dialect: Dialect) -> JSON:
    """A system or developer message in the role that this upstream has for it."""
    keeps_role = dialect.system_role == "developer"  # such upstreams know both roles
    return message if keeps_role else {**message, "role": dialect.system_role}


def _order(messages: list[JSON], dialect: Dialect) -> list[JSON]:
    """Messages in the alternation this upstream insists on."""
    if dialect.turn_order == "free":
        return messages
    ordered: list[JSON] = []
    for message in messages:
        last = ordered[-1]["role"] if ordered else None
        if dialect.turn_order == "mistral" and last == "tool" and message["role"] == "user":
            ordered.append({"role": "assistant", "content": "."})
        if dialect.turn_order == "alternate" and last == message["role"] and last in ("user", "assistant"):
            ordered[-1] = _merge(ordered[-1], message)
        else:
            ordered.append(message)
    return ordered


def _merge(first: JSON, second: JSON) -> JSON:
    """Two messages of one role as one."""
    if isinstance(first.get("content"), str) and isinstance(second.get("content"), str):
        content: Any = "\n\n".join(text for text in (first["content"], second["content"]) if text)
    else:
        content = [*_parts(first.get("content")), *_parts(second.get("content"))]
    merged = {**first, **second, "content": content}
    calls = [*first.get("tool_calls", ()), *second.get("tool_calls", ())]
    if calls:
        merged["tool_calls"] = calls
    return merged


def _parts(content: Any) -> list[JSON]:
    if not content:
        return []
    return [{"type": "text", "text": content}] if isinstance(content, str) else list(content)
