"""Random completions, and random ways of cutting them into chunks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Any

from hypothesis import strategies as st

from .texts import texts
from .tool_calls import ToolCall
from .tool_calls import calls as tool_calls

JSON = dict[str, Any]

TAGS = (("<think>", "</think>"), ("[THINK]", "[/THINK]"))


@dataclass(frozen=True)
class Completion:
    """What an upstream has to say, before it is decided how it says it."""

    reasoning: str = ""
    tagged: tuple[str, str] | None = None
    """The tags between which the reasoning stands in the content; None: it has a field of its own."""

    tokens: tuple[str, ...] = ()
    """The text of the answer; its logprobs are of these tokens."""

    logprobs: bool = False
    refusal: str = ""
    annotations: tuple[JSON, ...] = ()
    tool_calls: tuple[ToolCall, ...] = ()

    finish_reason: str = "stop"
    usage: JSON | None = None
    service_tier: str | None = None

    @property
    def calls(self) -> list[JSON]:
        """The calls as they stand in `tool_calls`."""
        return [
            {"id": f"call_{number}", "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for number, call in enumerate(self.tool_calls)
        ]

    @property
    def text(self) -> str:
        return "".join(self.tokens)

    def content(self) -> str:
        """The text, with the reasoning where it stands between tags."""
        return self.text if self.tagged is None else f"{self.tagged[0]}{self.reasoning}{self.tagged[1]}{self.text}"

    def token_logprobs(self) -> list[JSON]:
        return [
            {"token": token, "logprob": -0.5, "bytes": list(token.encode()), "top_logprobs": []}
            for token in self.tokens
        ]

    def body(self) -> JSON:
        """The completion as it comes whole."""
        message: JSON = {"role": "assistant", "content": self.content() or None}
        if self.reasoning and self.tagged is None:
            message["reasoning_content"] = self.reasoning
        if self.refusal:
            message["refusal"] = self.refusal
        if self.annotations:
            message["annotations"] = list(self.annotations)
        if self.calls:
            message["tool_calls"] = self.calls
        choice: JSON = {"index": 0, "message": message, "finish_reason": self.finish_reason}
        if self.logprobs:
            choice["logprobs"] = {"content": self.token_logprobs()}
        body: JSON = {"id": "chatcmpl-1", "object": "chat.completion", "choices": [choice]}
        return {**body, "usage": self.usage, "service_tier": self.service_tier}


# ---- random completions ----

_usages = st.builds(
    lambda prompt, completion, cached, thought: {
        "prompt_tokens": prompt + cached,
        "completion_tokens": completion + thought,
        "total_tokens": prompt + cached + completion + thought,
        "prompt_tokens_details": {"cached_tokens": cached},
        "completion_tokens_details": {"reasoning_tokens": thought},
    },
    *[st.integers(0, 5000)] * 4,
)


@st.composite
def completions(draw: st.DrawFn) -> Completion:
    """Anything a well-meaning upstream may answer: thoughts, then text, then a refusal, then calls."""
    reasoning = draw(st.just("") | texts)
    tagged = draw(st.sampled_from((None, None, None, *TAGS))) if reasoning.strip() else None
    if tagged is not None:
        reasoning = reasoning.strip().replace(tagged[1], "")  # the white space in the tags is the template's
        tagged = tagged if reasoning == reasoning.strip() and reasoning else None
    tokens = draw(st.just(()) | st.lists(texts, max_size=5).map(tuple))
    tokens = tuple(token for token in tokens if token)
    if tagged is None and "".join(tokens).lstrip().startswith("<"):
        tokens = ("See: ", *tokens)  # at its very start a tag would be one
    calls = draw(st.just([]) | st.lists(tool_calls(), max_size=3))
    text = "".join(tokens)
    places = draw(st.just([]) | st.lists(st.integers(0, 9), max_size=2)) if text.strip() else []
    return Completion(
        reasoning=reasoning,
        tagged=tagged,
        tokens=tokens,
        logprobs=draw(st.booleans()) and tagged is None,
        refusal=draw(st.just("") | texts),
        annotations=tuple(map(_citation, places)),
        tool_calls=tuple(calls),
        finish_reason=draw(st.sampled_from(("stop", "stop", "tool_calls", "length", "content_filter", "eos"))),
        usage=draw(st.none() | _usages),
        service_tier=draw(st.sampled_from((None, "default", "flex"))),
    )


def _citation(place: int) -> JSON:
    page = {"url": "https://example.com", "title": "A page", "start_index": place, "end_index": place + 1}
    return {"type": "url_citation", "url_citation": page}


# ---- random cuts ----


def cut(text: str, random: Random) -> list[str]:
    """The text in pieces, none of them empty."""
    places = sorted({random.randrange(1, len(text)) for _ in range(random.randrange(4))}) if len(text) > 1 else []
    return [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True) if text]


def chunks_of(completion: Completion, random: Random) -> list[JSON]:
    """The completion as a stream: cut anywhere, parallel calls interleaved, neighbours sometimes in one chunk."""
    steps = [*_texts_of(completion, random), *_calls_of(completion, random)]
    if random.random() < 0.8:
        steps.insert(0, {"delta": {"role": "assistant", "content": random.choice(("", None))}})
    steps = _joined(steps, random)
    steps.append({"delta": {}, "finish_reason": completion.finish_reason})
    # what some upstreams put into every chunk, and what others put into one
    habit: JSON = random.choice(
        ({}, {}, {"role": "assistant"}, {"reasoning_content": "", "content": "", "tool_calls": []})
    )
    tiers = {random.randrange(len(steps)): completion.service_tier}
    chunks: list[JSON] = [
        {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "choices": [{"index": 0, "finish_reason": None, **step, "delta": {**habit, **step["delta"]}}],
            "service_tier": tiers.get(number),
            "usage": None,
        }
        for number, step in enumerate(steps)
    ]
    if random.random() < 0.3:
        chunks[-1]["usage"] = completion.usage
    else:
        chunks.append({"id": "chatcmpl-1", "choices": [], "usage": completion.usage})
    return chunks


def _texts_of(completion: Completion, random: Random) -> Iterator[JSON]:
    if completion.tagged is None:
        for piece in cut(completion.reasoning, random):
            yield {"delta": {"reasoning_content": piece}}
    if completion.logprobs:
        for token, entry in zip(completion.tokens, completion.token_logprobs(), strict=True):
            logprobs = {"content": [entry]}
            if random.random() < 0.2:
                yield {"delta": {"content": ""}, "logprobs": logprobs}
                yield {"delta": {"content": token}}
            else:
                yield {"delta": {"content": token}, "logprobs": logprobs}
    else:
        for piece in cut(completion.content(), random):
            yield {"delta": {"content": piece}}
    for annotation in completion.annotations:
        yield {"delta": {"annotations": [annotation]}}
    for piece in cut(completion.refusal, random):
        yield {"delta": {"refusal": piece}}


def _calls_of(completion: Completion, random: Random) -> Iterator[JSON]:
    """Fragments of all calls: each call's in their order, a call beginning after those before it have begun."""
    queues = []
    for index, call in enumerate(completion.calls):
        first, *rest = cut(call["function"]["arguments"], random) or [""]
        if random.random() < 0.5:
            first, rest = "", [first, *rest]
        function = {"name": call["function"]["name"], "arguments": first}
        queue: list[JSON] = [{"index": index, "id": call["id"], "type": "function", "function": function}]
        queues.append(queue + [{"index": index, "function": {"arguments": piece}} for piece in rest])
    interleaved = random.random() < 0.5
    begun = 0
    while any(queues):
        ready = [queue for queue in queues[:begun] if queue]
        if not ready or (begun < len(queues) and interleaved and random.random() < 0.5):
            ready = [queues[begun]]
            begun += 1
        queue = random.choice(ready)
        yield {"delta": {"tool_calls": [queue.pop(0)]}}


def _joined(steps: list[JSON], random: Random) -> list[JSON]:
    """The steps, some joined with the one before where one delta can say both in the same order."""
    order = ("role", "reasoning_content", "content", "refusal", "annotations", "tool_calls")
    joined: list[JSON] = []
    for step in steps:
        said: JSON = joined[-1]["delta"] if joined else {}
        key = next(iter(step["delta"]))
        if not said or "logprobs" in step or random.random() > 0.2:
            joined.append(step)
        elif said.keys() == {"tool_calls"} == {key}:
            said["tool_calls"] += step["delta"]["tool_calls"]
        elif max(map(order.index, said)) < order.index(key):
            said.update(step["delta"])
        else:
            joined.append(step)
    return joined
