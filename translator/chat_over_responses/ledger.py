"""What becomes of every field of a chat request: nothing a client says is lost without a word."""

from __future__ import annotations

from typing import Literal, NamedTuple

Fate = Literal["carried", "mapped", "applied", "refused", "reported"]


class Entry(NamedTuple):
    """The fate of one request field."""

    fate: Fate
    """`carried`: sent upstream as it is; `mapped`: said in Responses' words; `applied`: obeyed here; `refused`:
    answered with 400 when it asks for something; `reported`: listed among the losses."""

    responses: str | None
    """The field of the Responses request that carries it."""

    why: str
    """In a sentence, for the table in the README."""


LEDGER: dict[str, Entry] = {
    "model": Entry("mapped", "model", "The upstream's name for the model; the completion has the client's."),
    "messages": Entry("mapped", "input", "A leading system message is `instructions`; the rest becomes items."),
    "stream": Entry("carried", "stream", "Events become chunks."),
    "stream_options": Entry("applied", None, "`include_usage` ends the stream with usage; the rest is carried."),
    "store": Entry("mapped", "store", "Said always: chat keeps nothing unless it is asked to, Responses does."),
    "metadata": Entry("carried", "metadata", "As it is."),
    "max_completion_tokens": Entry("mapped", "max_output_tokens", "Under its name there, and 16 at least."),
    "max_tokens": Entry("mapped", "max_output_tokens", "The deprecated name; `max_completion_tokens` wins."),
    "temperature": Entry("carried", "temperature", "As it is."),
    "top_p": Entry("carried", "top_p", "As it is."),
    "presence_penalty": Entry("carried", "presence_penalty", "Open Responses has it."),
    "frequency_penalty": Entry("carried", "frequency_penalty", "Open Responses has it."),
    "logprobs": Entry("mapped", "include", "As `message.output_text.logprobs`."),
    "top_logprobs": Entry("carried", "top_logprobs", "As it is."),
    "user": Entry("carried", "user", "As it is."),
    "safety_identifier": Entry("carried", "safety_identifier", "As it is."),
    "prompt_cache_key": Entry("carried", "prompt_cache_key", "As it is."),
    "prompt_cache_retention": Entry("carried", "prompt_cache_retention", "As it is."),
    "service_tier": Entry("carried", "service_tier", "The completion names the tier the upstream reports."),
    "reasoning_effort": Entry("mapped", "reasoning", "As `reasoning.effort`."),
    "verbosity": Entry("mapped", "text", "As `text.verbosity`."),
    "response_format": Entry("mapped", "text", "As `text.format`, flat."),
    "tools": Entry("mapped", "tools", "Functions and custom tools, flat; others as they are."),
    "tool_choice": Entry("mapped", "tool_choice", "Names without nesting."),
    "parallel_tool_calls": Entry("carried", "parallel_tool_calls", "As it is."),
    "functions": Entry("mapped", "tools", "The deprecated form: the reply has `function_call`, one at most."),
    "function_call": Entry("mapped", "tool_choice", "The deprecated form."),
    "web_search_options": Entry("mapped", "tools", "As the tool `web_search`."),
    "n": Entry("refused", None, "A response is one answer; ask several times."),
    "stop": Entry("refused", None, "There are no stop sequences; cut the text yourself."),
    "logit_bias": Entry("refused", None, "There is no such thing; say in words what to avoid."),
    "seed": Entry("reported", None, "Sampling cannot be fixed there."),
    "prediction": Entry("reported", None, "It only made the answer quicker."),
    "modalities": Entry("refused", None, "Answers are text; leave speech out."),
    "audio": Entry("refused", None, "Answers are text; leave it out."),
}
"""Every field of `wire.chat.Request`, in its order. A field that is not in it is passed through as it is."""
