"""Law 7: every text, refusal, thought and call that the upstream sent is in the output."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from translator.mapping.tool_kinds import CALLS
from translator.mapping.tool_names import ToolNames
from translator.mapping.tools import map_call
from translator.responses_over_chat.thinking import OPENERS
from translator.sse import Decoder

from ..cases import Case, load_answered
from ..playback import play, play_chunks, translate
from .completions import Completion, chunks_of, completions
from .requests import admitted, requests

JSON = dict[str, Any]

_OTHER_CALLS = CALLS.keys() - {"function_call"}


@given(requests(), completions(), st.integers(0, 2**32))
def test_all_that_an_upstream_says_is_in_the_output(request: JSON, completion: Completion, seed: int) -> None:
    reply = play_chunks(translate(request), chunks_of(completion, Random(seed)))
    output = reply.response["output"]
    told = {part["type"]: part for item in output for part in item.get("content", ())}
    assert told.get("reasoning_text", {"text": ""})["text"] == completion.reasoning
    assert told.get("refusal", {"refusal": ""})["refusal"] == completion.refusal
    text = told.get("output_text", {"text": "", "annotations": [], "logprobs": []})
    # behind a closing tag white space is the template's
    said = completion.text.lstrip() if completion.tagged else completion.text
    dropped = completion.calls and not said.strip()  # and so is text before a call that is nothing else
    assert text["text"] in (said, "" if dropped else said)
    assert [annotation["start_index"] for annotation in text["annotations"]] == [
        annotation["url_citation"]["start_index"] for annotation in completion.annotations
    ]
    if completion.logprobs and text["text"]:
        assert [entry["token"] for entry in text["logprobs"]] == list(completion.tokens)
    usage = reply.response["usage"]
    assert (usage and usage["total_tokens"]) == (completion.usage and completion.usage["total_tokens"])
    assert reply.response["service_tier"] == (completion.service_tier or "default")
    places = admitted(request, completion)
    calls = [completion.tool_calls[place] for place in places]
    told_calls = [
        {key: value for key, value in item.items() if key not in ("id", "status")}
        for item in output
        if "call_id" in item
    ]
    items = [{**call.item, "call_id": f"call_{place}"} for place, call in zip(places, calls, strict=True)]
    losses = [call.losses for call in calls]
    if calls and output[-1]["status"] == "incomplete":
        if not calls[-1].arguments and "arguments" in items[-1]:
            items[-1]["arguments"] = ""  # whether there were none, or they were still to come, is not known
        if calls[-1].losses_when_cut is not None:
            losses[-1] = calls[-1].losses_when_cut
    assert told_calls == items
    assert len(reply.losses) == sum(losses) + len(completion.calls) - len(calls)


@given(requests(), completions(), st.integers(0, 2**32))
def test_all_that_was_said_before_a_stream_broke_off_is_in_the_output(
    request: JSON, completion: Completion, seed: int
) -> None:
    assume(completion.tagged is None)
    random = Random(seed)
    chunks = chunks_of(completion, random)
    end = next(number for number, chunk in enumerate(chunks) if chunk["choices"][0]["finish_reason"])
    chunks = chunks[: random.randrange(end + 1)]
    call = translate(request)
    reply = play_chunks(call, chunks)
    assert reply.response["status"] == "failed"
    lost = missing(said_in(chunks), reply.response["output"], call.names)
    # a call that waits for the end of another cannot be told of: an item that is cut short is the last
    assert not lost or reply.losses, f"lost without a word: {lost}"


@pytest.mark.parametrize("case", load_answered("responses_over_chat"), ids=str)
def test_all_that_the_upstream_of_a_case_says_is_in_the_output(case: Case) -> None:
    assert case.upstream is not None
    call = translate(case.request, case.dialect)
    reply = play(call, [case.upstream])
    said = said_in(_chunks(case.upstream), opened=case.dialect.opens_thinking)
    if call.answer_tool in said["names"]:  # what its call says is the answer
        said["text"] += said.pop("arguments")
        del said["names"]
    lost = missing(said, reply.response["output"], call.names)
    assert not lost or reply.losses, f"lost without a word: {lost}"


def _chunks(body: bytes) -> list[JSON]:
    """The chunks of a body as far as they are JSON, up to the end marker."""
    if body.lstrip().startswith(b"{"):
        documents = [body]
    else:
        decoder = Decoder()
        documents = [data.strip() for data, _ in (*decoder.receive(body), *decoder.flush())]
    chunks = []
    for document in documents:
        if document == b"[DONE]":
            break
        try:
            chunks.append(json.loads(document))
        except ValueError:
            break
    return chunks


def said_in(chunks: Iterable[JSON], *, opened: bool = False) -> dict[str, list[str]]:
    """The fragments of each kind that these chunks, or a completion, hold of the first choice.

    `opened` says that the upstream's template has opened the thinking.
    """
    said: dict[str, list[str]] = defaultdict(list)
    for chunk in chunks:
        for choice in chunk.get("choices") or ():
            delta = choice.get("delta") or choice.get("message") or {}
            if choice["index"] == 0:
                for kind, fragments in _fragments(delta).items():
                    said[kind] += [_whole(fragment) for fragment in fragments if isinstance(fragment, str)]
    text = ("<think>" if opened else "") + "".join(said["text"])
    for opener, closer in OPENERS.items():
        if text.startswith(opener):
            thought, _, rest = text.removeprefix(opener).partition(closer)
            said.update(text=[rest.strip()], reasoning=[thought.strip()])
    return said


def _fragments(delta: JSON) -> dict[str, list[Any]]:
    content = delta.get("content")
    parts = content if isinstance(content, list) else [{"text": content}]
    calls = [call["function"] for call in delta.get("tool_calls") or ()] or [delta.get("function_call") or {}]
    arguments = [call.get("arguments") for call in calls]
    thoughts = [*(part.get("thinking", ()) for part in parts), delta.get("reasoning_details", ())]
    return {
        "text": [part.get("text") for part in parts],
        "refusal": [delta.get("refusal")],
        "reasoning": [
            *(delta.get(field) for field in ("reasoning", "reasoning_content")),
            *(thought.get("text") for several in thoughts for thought in several),
        ],
        "names": [call.get("name") for call in calls],
        "arguments": [_json(value) if isinstance(value, dict) else value for value in arguments],
    }


def _whole(fragment: str) -> str:
    """The fragment without halves of characters that were cut apart."""
    return fragment.encode(errors="ignore").decode()


def _json(value: JSON) -> str:
    return json.dumps(value, separators=(",", ":"))


def missing(said: Mapping[str, Sequence[str]], output: Sequence[JSON], names: ToolNames) -> list[str]:
    """What was said and is not in the output; text of nothing but white space may be dropped before a call.

    The arguments of other tools than functions are told in another form; they are compared where that is known.
    """
    told: dict[str, str] = defaultdict(str)
    kinds = {"output_text": "text", "refusal": "refusal", "reasoning_text": "reasoning"}
    for item in output:
        for part in item.get("content", ()):
            told[kinds[part["type"]]] += part.get("text", part.get("refusal"))
        if item["type"] in CALLS:
            function = map_call(item, names)["function"]
            told["names"] += function["name"]
            told["arguments"] += function["arguments"]
    compared = [*said] if all(item["type"] not in _OTHER_CALLS for item in output) else [*said.keys() - {"arguments"}]
    return [
        fragment
        for kind in compared
        for fragment in said[kind]
        if fragment not in told[kind] and (kind != "text" or fragment.strip())
    ]
