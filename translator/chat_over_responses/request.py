"""Chat request → Responses request, with what could not be carried."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from pydantic import BaseModel

from ..errors import InvalidRequest, Unsupported
from ..mapping.items import map_chat_messages
from ..mapping.losses import Loss, Losses, in_words
from ..mapping.reasoning import thinks
from ..mapping.text_format import format_from_chat
from ..mapping.tool_choice import choice_from_chat
from ..mapping.tools import tools_from_chat
from ..wire import chat
from ..wire.reading import plain_body
from .ledger import LEDGER
from .options import DEFAULT_OPTIONS, ReplyOptions
from .response import read_response
from .stream import Stream

JSON = dict[str, Any]

_CARRIED = frozenset(name for name, entry in LEDGER.items() if entry.fate == "carried")
_REFUSED = frozenset(name for name, entry in LEDGER.items() if entry.fate == "refused")
_REPORTED = frozenset(name for name, entry in LEDGER.items() if entry.fate == "reported")

_LEAST = 16
"""The least limit of tokens that Open Responses and OpenAI's API take."""

_JOINED = {"reasoning": dict, "include": list}
"""Fields of the other API that clients send along, to be joined with what chat's own fields say."""

LOGPROBS = "message.output_text.logprobs"
ENCRYPTED_REASONING = "reasoning.encrypted_content"


class Translation(NamedTuple):
    """One request, translated, with all that its reply needs to know of it."""

    request: JSON
    """The request as it was validated: what the client sent, without nulls."""

    responses_request: JSON
    """What to POST to `/responses`."""

    losses: tuple[Loss, ...]
    """What could not be carried."""

    options: ReplyOptions
    """How the reply is told."""

    def stream(self, *, completion_id: str | None = None, created: int | None = None) -> Stream:
        """The machine that makes chunks of the upstream's events.

        `completion_id` and `created` (Unix seconds) stand in for the upstream's own id and time.
        """
        return Stream(
            completion_id=completion_id,
            created=created,
            model=self.request["model"],
            asked=self.request,
            options=self.options,
        )

    def translate_response(
        self,
        response: Mapping[str, Any] | BaseModel | bytes,
        *,
        completion_id: str | None = None,
        created: int | None = None,
    ) -> JSON:
        """Response, as a dict, an SDK's object or the upstream's bytes → chat completion; UpstreamError if it failed.

        A response is the stream that would have told of it, so this is the same machine that streams.
        """
        return read_response(self.stream(completion_id=completion_id, created=created), response)


def translate_request(
    request: Mapping[str, Any],
    *,
    upstream_model: str | None = None,
    output_limit: int | None = None,
    options: ReplyOptions = DEFAULT_OPTIONS,
) -> Translation:
    """Chat request → the Responses request that says the same.

    The request is a dict in which objects of an SDK may stand, such as a message that was received. `upstream_model`
    replaces the model's public name, `output_limit` (tokens) caps what may be asked for. Raises InvalidRequest or
    Unsupported with the path of the first field that is faulty or cannot be told.
    """
    return translate_valid(cast(JSON, chat.validate(plain_body(request))), upstream_model, output_limit, options)


def translate_valid(
    asked: JSON, upstream_model: str | None, output_limit: int | None, options: ReplyOptions
) -> Translation:
    """As `translate_request`, for a request that `wire.chat.validate` has returned."""
    losses = Losses()
    told: JSON = {"model": upstream_model or asked["model"]}
    carried = _sort_out(asked, losses)
    instructions, items = map_chat_messages(asked["messages"], losses)
    if instructions is not None:
        told["instructions"] = instructions
    told["input"] = items
    told |= carried
    told |= _limit(asked, output_limit, losses) | _text(asked) | _tools(asked, losses)
    if reasoning := _reasoning(asked, options):
        told["reasoning"] = reasoning
    told["store"] = asked.get("store", False)
    if include := _include(asked, items, reasoning, options, losses):
        told["include"] = include
    if stream_options := {
        key: value for key, value in asked.get("stream_options", {}).items() if key != "include_usage"
    }:
        told["stream_options"] = stream_options
    _add_unknown(told, asked, losses)
    return Translation(asked, told, tuple(losses), options)


def _sort_out(asked: JSON, losses: Losses) -> JSON:
    """What is carried as it is; raises Unsupported for what cannot be told."""
    carried: JSON = {}
    for name, value in asked.items():
        if name in _CARRIED:
            carried[name] = value
        elif name in _REPORTED:
            losses.report(name, LEDGER[name].why)
        elif name in _REFUSED and value and not says_nothing(name, value):
            raise Unsupported(f"'{name}' cannot be told to a Responses upstream. {LEDGER[name].why}", param=name)
    return carried


def says_nothing(name: str, value: Any) -> bool:
    """Whether a field asks for what there is anyhow."""
    return (name == "n" and value == 1) or (name == "modalities" and value == ["text"])


def _limit(asked: JSON, most: int | None, losses: Losses) -> JSON:
    names = [name for name in ("max_completion_tokens", "max_tokens") if name in asked]
    if len(names) == 2 and asked[names[0]] != asked[names[1]]:
        losses.report("max_tokens", "max_completion_tokens says otherwise, and holds")
    if not names:
        return {}
    limit = asked[names[0]]
    if limit < _LEAST:
        losses.report(names[0], f"raised to {_LEAST}, the least that can be asked for there")
        limit = _LEAST
    if most is not None and limit > most:
        losses.report(names[0], f"capped to {most}")
        limit = most
    return {"max_output_tokens": limit}


def _text(asked: JSON) -> JSON:
    text: JSON = {}
    if "response_format" in asked:
        text["format"] = format_from_chat(asked["response_format"])
    if "verbosity" in asked:
        text["verbosity"] = asked["verbosity"]
    return {"text": text} if text else {}


def _tools(asked: JSON, losses: Losses) -> JSON:
    """The tools and the choice among them, in the current form or in the deprecated one."""
    listed = [*asked.get("tools", ()), *({"type": "function", "function": tool} for tool in asked.get("functions", ()))]
    tools = tools_from_chat(listed, losses)
    if "web_search_options" in asked:
        tools.append(_web_search(asked["web_search_options"]))
    told: JSON = {"tools": tools} if tools or "tools" in asked else {}
    if "functions" in asked:
        told["parallel_tool_calls"] = False  # the deprecated form has room for one
    if "tool_choice" in asked:
        told["tool_choice"] = choice_from_chat(asked["tool_choice"])
        if "function_call" in asked:
            losses.report("function_call", "tool_choice says it, too, and holds")
    elif "function_call" in asked:
        choice = asked["function_call"]
        told["tool_choice"] = choice if isinstance(choice, str) else {"type": "function", "name": choice["name"]}
    return told


def _web_search(options: JSON) -> JSON:
    tool: JSON = {"type": "web_search", **options}
    location = tool.get("user_location")
    if isinstance(location, dict) and isinstance(location.get("approximate"), dict):
        tool["user_location"] = {"type": "approximate", **location["approximate"]}
    return tool


def _reasoning(asked: JSON, options: ReplyOptions) -> JSON:
    """The effort; OpenRouter's clients say it in an object that is called as in Responses."""
    own = asked.get("reasoning")
    reasoning: JSON = dict(own) if isinstance(own, dict) else {}
    if "reasoning_effort" in asked:
        reasoning["effort"] = asked["reasoning_effort"]
    if not isinstance(reasoning.get("effort"), str | None):
        raise InvalidRequest(
            "Invalid 'reasoning.effort': it should be a word, such as 'low'.",
            param="reasoning.effort",
            code="invalid_type",
        )
    if options.reasoning_summary is not None and thinks(reasoning.get("effort")):
        reasoning.setdefault("summary", options.reasoning_summary)
    return reasoning


def _include(asked: JSON, items: list[JSON], reasoning: JSON, options: ReplyOptions, losses: Losses) -> list[str]:
    include = []
    own = asked.get("include")
    for index, entry in enumerate(own if isinstance(own, list) else ()):
        if isinstance(entry, str):
            include.append(entry)
        else:
            losses.report(f"include[{index}]", f"it is {in_words(entry)}, and no name")
    if asked.get("logprobs"):
        include.append(LOGPROBS)
    asks = reasoning.get("effort") is not None or reasoning.get("summary") is not None
    thinking = (asks and thinks(reasoning.get("effort"))) or any("encrypted_content" in item for item in items)
    if options.sealed_reasoning == "always" or (options.sealed_reasoning == "when_thinking" and thinking):
        include.append(ENCRYPTED_REASONING)
    return list(dict.fromkeys(include))


def _add_unknown(told: JSON, asked: JSON, losses: Losses) -> None:
    """What nobody knows, as `extra_body` of an SDK; under a name that is taken it is reported."""
    for name, value in asked.items():
        if name in LEDGER:
            continue
        if name not in told:
            told[name] = value
        elif not isinstance(value, _JOINED.get(name, ())):
            losses.report(name, "a field of this name says something else in the Responses API")
