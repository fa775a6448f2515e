"""The one record of how a Chat Completions upstream differs from the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

Role = Literal["system", "user", "assistant", "tool"]
ToolChoice = Literal["auto", "none", "required", "named"]


def _nothing() -> Mapping[str, Any]:
    return MappingProxyType({})


def _user_data() -> Mapping[str, str]:
    return MappingProxyType({"purpose": "user_data"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """What an upstream takes and how it wants it; the defaults are safe on an unknown upstream.

    Nearly all of it speaks of what is sent: reading is tolerant, and two habits alone cannot be told from what is read
    (`opens_thinking`, `delta_mode`).
    """

    name: str = "default"
    """What the dialect is called in listings and logs."""

    system_role: Literal["system", "developer", "user"] = "system"
    """The role that instructions get. `developer`: OpenAI's newer models; `user`: models with no system turn."""

    system_layout: Literal["single_leading", "many_leading", "anywhere"] = "single_leading"
    """Where system messages may stand. One, first: MiniMax and many chat templates; `anywhere`: OpenAI, Azure.
    What stands later than allowed is sent as a user message."""

    turn_order: Literal["free", "alternate", "mistral"] = "free"
    """`alternate`: equal roles in a row are merged (Perplexity, some templates); `mistral`: an assistant message is
    put between a tool message and a user message."""

    content_arrays: frozenset[Role] = frozenset({"user"})
    """Roles whose content may be a list of parts; the others get strings (DeepSeek, Together)."""

    empty_assistant_content: Literal["empty", "null", "space", "omit"] = "empty"
    """The content of an assistant message that only calls tools. `null` is what OpenAI itself sends."""

    refusal_field: bool = False
    """Whether assistant messages may carry `refusal` (OpenAI, OpenRouter); elsewhere it is content."""

    tool_result_name: bool = False
    """Whether tool messages carry the function's `name` (Mistral)."""

    tool_call_id: Literal["keep", "alnum9", "max40"] = "keep"
    """The shape of tool-call ids. `alnum9`: Mistral's nine letters and digits; `max40`: OpenAI's limit."""

    tool_result_media: Literal["inline", "user_message", "drop"] = "user_message"
    """Where images of tool outputs go: in the tool message, in a user message after the tool block, or nowhere."""

    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    """The token limit's name. Exactly one is ever sent: several upstreams reject both together."""

    max_tokens_policy: Literal["as_is", "cap_model", "cap_window", "always_send"] = "cap_model"
    """`cap_model`: at most the model's output limit; `cap_window`: also at most the window; `always_send`: send the
    limit even where the client named none (Kimi reserves quota by it)."""

    max_output: int | None = None
    """The most tokens of one answer, where neither the model list nor the settings say it; refusals teach it."""

    window: int | None = None
    """The most tokens of prompt and answer together, likewise (TGI's list says none)."""

    params: frozenset[str] | None = None
    """The chat parameters the upstream takes; None: all. What is not in it is left out and reported."""

    params_refused: frozenset[str] = frozenset()
    """Parameters known to be refused, by their names before `rename`; taken off `params`, off `extra_body`, and off
    what a client passes through. What is learned from an upstream's 400 lands here."""

    rename: Mapping[str, str] = field(default_factory=_nothing)
    """Parameters under another name: Mistral's `seed` is `random_seed`."""

    extra_body: Mapping[str, Any] = field(default_factory=_nothing)
    """Constants sent with every request: MiniMax's `reasoning_split`, Zhipu's `tool_stream`."""

    stop_shape: Literal["any", "array"] = "array"
    """How `stop` is sent. TGI and Together take only a list; what takes none has it in `params_refused`."""

    stream_usage: Literal["request", "implicit", "none"] = "request"
    """Whether `stream_options.include_usage` is sent. `implicit`: usage comes unasked (Mistral, OpenRouter)."""

    force_stream: Literal["never", "thinking", "always"] = "never"
    """Whether the upstream is asked to stream although the client is not. DashScope thinks only in streams."""

    json_schema: Literal["native", "value", "object_schema", "json_object", "forced_tool", "prompt"] = "native"
    """How a schema is asked for. `value`: TGI's shape; `object_schema`: beside the type json_object (llama-cpp-python);
    `json_object`: with the schema in the prompt (DeepSeek); `forced_tool`: a function that must be called; `prompt`: in
    words alone."""

    json_object: Literal["native", "as_schema", "prompt"] = "native"
    """How plain JSON is asked for. `as_schema`: LM Studio knows only json_schema."""

    structured_with_tools: bool = True
    """Whether response_format and tools may stand together; where not, the schema goes to the prompt (Groq)."""

    tools: Literal["native", "none"] = "native"
    """Whether the upstream knows function tools at all; Perplexity does not. Earlier calls are told in words then."""

    tool_choice: frozenset[ToolChoice] = frozenset({"auto", "none", "required", "named"})
    """The tool choices the upstream takes; others go down the ladder named → required → auto with the tools filtered
    and an instruction."""

    required_word: str = "required"
    """The upstream's word for `required`; older Mistral says `any`."""

    forced_choice_vs_thinking: Literal["ok", "disable_thinking", "downgrade"] = "ok"
    """What to do where a forced call is rejected while the model thinks (DeepSeek, Kimi, Qwen)."""

    strict_tools: Literal["send", "strip", "uniform"] = "send"
    """Whether a function's `strict` is sent. `uniform`: all tools must agree (Cerebras)."""

    schema_flavor: Literal["json_schema", "mfjs", "grammar", "gemini", "openai_strict"] = "json_schema"
    """Which subset of JSON Schema the upstream takes; schemas are rewritten to it."""

    reasoning_control: Literal[
        "effort", "none", "thinking_type", "enable_thinking", "template_kwargs", "reasoning_object"
    ] = "effort"
    """How the effort is said: `reasoning_effort`, DeepSeek's `thinking.type`, Qwen's `enable_thinking`, vLLM's
    `chat_template_kwargs`, OpenRouter's `reasoning`."""

    effort_map: Mapping[str, str] = field(default_factory=_nothing)
    """Efforts under another word, where the upstream knows fewer; an effort it maps to "" is not sent."""

    reasoning_replay: Literal["never", "tool_turns", "all"] = "never"
    """Which earlier reasoning goes back upstream. `tool_turns`: DeepSeek and Kimi answer 400 without it."""

    reasoning_replay_field: Literal["reasoning_content", "reasoning", "reasoning_details", "tags", "parts"] = (
        "reasoning_content"
    )
    """Where replayed reasoning stands in the assistant message."""

    reasoning_placeholder: str | None = None
    """Stands in for reasoning that is lost where the upstream demands some (Kimi)."""

    tool_call_extra: frozenset[str] = frozenset({"extra_content"})
    """Unknown keys of tool calls that are kept and sent back: Gemini's thought signatures."""

    opens_thinking: bool = False
    """Whether the prompt's template has opened the thinking already, so that only its closing tag comes (R1, QwQ and
    Qwen's thinking models on engines that do not part the reasoning)."""

    delta_mode: Literal["append", "snapshot"] = "append"
    """`snapshot`: each delta repeats what was said before it (MiniMax M3's reasoning)."""

    image: frozenset[Literal["url", "data"]] = frozenset({"url", "data"})
    """How images may be given; empty: not at all. Ollama takes data URLs only."""

    image_detail: bool = True
    """Whether `detail` is sent with images."""

    file: Literal[True, False, "upload"] = True
    """Whether the chat `file` part is known; DashScope, Azure and most engines reject it. `upload`: it names a file by
    the id that the upstream's own `/files`, where it was put, gave it."""

    upload_fields: Mapping[str, str] = field(default_factory=_user_data)
    """What is said of a file that is uploaded, as fields of the form beside it."""

    audio: bool = True
    """Whether `input_audio` is known."""

    hosted_tools: frozenset[str] = frozenset()
    """Types of hosted tools that are forwarded as they are."""


DEFAULT = Dialect()
"""The dialect of an upstream nobody described."""
