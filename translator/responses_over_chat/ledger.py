"""What becomes of every field of a request: nothing a client says is lost without a word."""

from __future__ import annotations

from typing import Literal, NamedTuple

Fate = Literal["carried", "mapped", "echoed", "applied", "kept", "refused", "reported"]


class Entry(NamedTuple):
    """The fate of one request field."""

    fate: Fate
    """`carried`: sent upstream as it is; `mapped`: said in chat's words; `echoed`: stands in the response; `applied`:
    obeyed here; `kept`: obeyed by whoever keeps responses, as the server does, else refused or reported; `refused`:
    answered with 400 when it asks for something; `reported`: listed among the losses."""

    chat: str | None
    """The chat parameter that carries it."""

    why: str
    """In a sentence, for the table in the README."""


LEDGER: dict[str, Entry] = {
    "model": Entry("mapped", "model", "The upstream's name for the model; the response has the client's."),
    "input": Entry("mapped", "messages", "A string is one user message; items become messages, turn by turn."),
    "instructions": Entry("mapped", "messages", "The first message, in the upstream's role for it."),
    "stream": Entry("carried", "stream", "With usage asked for in `stream_options`."),
    "stream_options": Entry("applied", None, "Deltas are padded where `include_obfuscation` asks for it."),
    "store": Entry("kept", None, "Committed before the end is told; where nothing is kept, `true` is reported."),
    "previous_response_id": Entry(
        "kept", "messages", "The whole chain, then `input`; the library takes it as `history`."
    ),
    "conversation": Entry("kept", "messages", "Its items, then `input`; the library takes them as `history`."),
    "metadata": Entry("echoed", None, "Chat upstreams take it only with storage of their own."),
    "max_output_tokens": Entry(
        "mapped", "max_tokens", "Capped by the model's limit, under the name the upstream knows."
    ),
    "max_tool_calls": Entry("echoed", None, "It limits built-in tools, and none are run here."),
    "temperature": Entry("carried", "temperature", "Also echoed."),
    "top_p": Entry("carried", "top_p", "Also echoed."),
    "presence_penalty": Entry("carried", "presence_penalty", "Also echoed."),
    "frequency_penalty": Entry("carried", "frequency_penalty", "Also echoed."),
    "top_logprobs": Entry("carried", "top_logprobs", "With `logprobs: true`."),
    "user": Entry("carried", "user", "Also echoed."),
    "safety_identifier": Entry("carried", "safety_identifier", "Also echoed."),
    "prompt_cache_key": Entry("carried", "prompt_cache_key", "Also echoed."),
    "prompt_cache_retention": Entry("carried", "prompt_cache_retention", "Also echoed."),
    "service_tier": Entry("carried", "service_tier", "The response names the tier the upstream reports."),
    "reasoning": Entry("mapped", "reasoning_effort", "`effort` is sent; `summary` is made from the raw reasoning."),
    "text": Entry("mapped", "response_format", "`format` becomes `response_format`, `verbosity` is carried."),
    "tools": Entry(
        "mapped",
        "tools",
        "What the client runs is offered as a function; hosted tools are forwarded, left out or refused.",
    ),
    "tool_choice": Entry("mapped", "tool_choice", "And enforced on what the model calls."),
    "parallel_tool_calls": Entry("carried", "parallel_tool_calls", "And enforced on what the model calls."),
    "truncation": Entry(
        "applied", None, "`auto`: the server drops the oldest turns of what is too long; the library reports it."
    ),
    "include": Entry("mapped", "logprobs", "`message.output_text.logprobs` asks for them; the rest is reported."),
    "background": Entry("refused", None, "Responses are made while the client waits; stream them."),
    "prompt": Entry("refused", None, "There are no stored prompts; send its text in `instructions` and `input`."),
    "client_metadata": Entry("reported", None, "Codex's own; it says nothing to a chat upstream."),
}
"""Every field of `wire.responses.Request`, in its order. A field that is not in it is passed through as it is."""
