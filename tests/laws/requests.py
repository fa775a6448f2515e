"""Random requests: what a reply depends on, and conversations that grow turn by turn."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from .completions import Completion
from .tool_calls import FUNCTIONS, TOOLS

JSON = dict[str, Any]

ALLOWED = [*FUNCTIONS[:2], {"type": "namespace", "name": "crm"}, {"type": "shell"}]


def requests() -> st.SearchStrategy[JSON]:
    """Requests that any completion may answer, with what shapes the reply or limits its calls."""
    base = {"model": "m", "input": "Hello", "tools": TOOLS}
    return st.fixed_dictionaries(
        {},
        optional={
            "include": st.just(["message.output_text.logprobs"]),
            "reasoning": st.just({"effort": "low", "summary": "auto"}),
            "tool_choice": st.just({"type": "allowed_tools", "mode": "auto", "tools": ALLOWED}),
            "parallel_tool_calls": st.just(False),
        },
    ).map(lambda options: {**base, **options})


def admitted(request: JSON, completion: Completion) -> list[int]:
    """The places of those of an upstream's tool calls that the request allows to reach the client."""
    names = [tool["name"] for tool in FUNCTIONS[:2]]
    places = [
        place
        for place, call in enumerate(completion.tool_calls)
        if "tool_choice" not in request or call.name in names or call.name.startswith(("crm__", "shell"))
    ]
    return places[:1] if request.get("parallel_tool_calls") is False else places


# ---- conversations ----

_words = st.text("ab \né👩", min_size=1, max_size=8)
_texts = st.builds(lambda text: {"type": "input_text", "text": text}, _words)
_images = st.just({"type": "input_image", "image_url": "data:image/png;base64,iVBORw0KGgo="})
_parts = st.lists(_texts | _images, min_size=1, max_size=2)


def _message(role: str, content: Any) -> JSON:
    return {"type": "message", "role": role, "content": content}


@st.composite
def _questions(draw: st.DrawFn) -> list[JSON]:
    """What the client says between two responses."""
    items = [_message("developer", draw(_words))] if draw(st.booleans()) else []
    return [*items, _message("user", draw(_words | _parts))]


@st.composite
def _thoughts(draw: st.DrawFn) -> list[JSON]:
    if draw(st.booleans()):
        return []
    return [{"type": "reasoning", "summary": [], "content": [{"type": "reasoning_text", "text": draw(_words)}]}]


@st.composite
def _answers(draw: st.DrawFn) -> list[JSON]:
    """A response without calls, and the next question."""
    text = {"type": "output_text", "text": draw(_words), "annotations": []}
    return [*draw(_thoughts()), _message("assistant", [text]), *draw(_questions())]


_STREAMS = [{"stdout": "a\n", "stderr": "", "outcome": {"type": "exit", "exit_code": 1}}]
_FOUND = {"type": "function", "name": "found", "defer_loading": True}


def _function(words: str, output: Any) -> tuple[JSON, JSON]:
    call = {"type": "function_call", "name": "find", "namespace": words, "arguments": '{"a": 1}'}
    return call, {"type": "function_call_output", "output": output}


def _freeform(words: str, output: Any) -> tuple[JSON, JSON]:
    call = {"type": "custom_tool_call", "name": "note", "input": words}
    return call, {"type": "custom_tool_call_output", "output": output}


def _patch(words: str, _: Any) -> tuple[JSON, JSON]:
    operation = {"type": "update_file", "path": words, "diff": "@@\n-a\n+b"}
    call = {"type": "apply_patch_call", "status": "completed", "operation": operation}
    return call, {"type": "apply_patch_call_output", "status": "failed", "output": words}


def _shell(words: str, _: Any) -> tuple[JSON, JSON]:
    return {"type": "shell_call", "action": {"commands": [words]}}, {"type": "shell_call_output", "output": _STREAMS}


def _local_shell(words: str, _: Any) -> tuple[JSON, JSON]:
    call = {"type": "local_shell_call", "action": {"type": "exec", "command": [words], "env": {}}}
    return call, {"type": "local_shell_call_output", "output": words}


def _search(words: str, _: Any) -> tuple[JSON, JSON]:
    call = {"type": "tool_search_call", "execution": "client", "arguments": {"query": words}}
    found = {"type": "namespace", "name": words, "description": "More.", "tools": [_FOUND]}
    return call, {"type": "tool_search_output", "execution": "client", "tools": [found]}


_ROUNDS = (_function, _function, _freeform, _patch, _shell, _local_shell, _search)


@st.composite
def _tool_rounds(draw: st.DrawFn) -> list[JSON]:
    """A response with calls, and their outputs in any order; the ids of calls are given later."""
    items = draw(_thoughts())
    if draw(st.booleans()):
        items.append(_message("assistant", draw(_words)))
    rounds = draw(st.lists(st.tuples(st.sampled_from(_ROUNDS), _words, _words | _parts), min_size=1, max_size=3))
    pairs = [make(words, output) for make, words, output in rounds]
    items += [{**call, "call_id": f"{number}"} for number, (call, _) in enumerate(pairs)]
    for number, (_, output) in draw(st.permutations(list(enumerate(pairs)))):
        items.append({**output, "call_id": f"{number}"})
    return items


@st.composite
def conversations(draw: st.DrawFn) -> list[JSON]:
    """The requests of a conversation: each has the input of the one before it, and one step more."""
    base = {**draw(st.fixed_dictionaries({}, optional={"instructions": _words})), "model": "m", "tools": TOOLS}
    steps = draw(st.lists(_answers() | _tool_rounds(), min_size=1, max_size=5))
    history = draw(_questions())
    requests = [{**base, "input": history}]
    for number, step in enumerate(steps):
        items = [
            {**item, "call_id": f"call_{number}_{item['call_id']}"} if "call_id" in item else item for item in step
        ]
        history = [*history, *items]
        requests.append({**base, "input": history})
    return requests
