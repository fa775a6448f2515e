"""Responses request → chat request, with what could not be carried."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from pydantic import BaseModel

from ..dialects import DEFAULT, Dialect, Limits
from ..errors import InvalidRequest, Unsupported
from ..mapping.attachments import NO_ATTACHMENTS, Attachments
from ..mapping.losses import Loss, Losses
from ..mapping.messages import map_items
from ..mapping.reasoning import map_effort, thinks
from ..mapping.text_format import FormatPlan, map_text_format
from ..mapping.token_limit import map_token_limit
from ..mapping.tool_choice import CallPolicy
from ..mapping.tool_kinds import CALLS
from ..mapping.tool_names import ToolNames
from ..mapping.tools import ToolPlan, map_tools, with_answer_tool, withhold_tools
from ..wire import responses
from ..wire.reading import plain_body
from .compaction import is_compaction, summary_request
from .ledger import LEDGER
from .options import DEFAULT_OPTIONS, ReplyOptions
from .response import echo, read_response
from .stream import Stream

JSON = dict[str, Any]

_CARRIED = frozenset(
    name
    for name, entry in LEDGER.items()
    if entry.fate == "carried" and name not in ("stream", "parallel_tool_calls")  # these depend on others
)

_HISTORY = ("previous_response_id", "conversation")
_REFUSED = frozenset(name for name, entry in LEDGER.items() if entry.fate == "refused").union(_HISTORY)

LOGPROBS = "message.output_text.logprobs"
ENCRYPTED_REASONING = "reasoning.encrypted_content"


class Translation(NamedTuple):
    """One request, translated, with all that its reply needs to know of it."""

    request: JSON
    """The request as it was validated: what the client sent, without nulls."""

    chat_request: JSON
    """What to POST to `/chat/completions`."""

    losses: tuple[Loss, ...]
    """What could not be carried."""

    policy: CallPolicy
    """Which calls the reply may hold."""

    names: ToolNames
    """What the upstream calls the client's tools."""

    answer_tool: str | None
    """The function whose arguments are the answer, where the upstream is asked for its form in this way."""

    dialect: Dialect
    """The upstream's dialect."""

    options: ReplyOptions
    """How the reply is told."""

    history: Sequence[JSON]
    """The items before those of the request."""

    keeps: bool
    """Whether the response is to be kept, as it says of itself."""

    def stream(self, *, response_id: str, created_at: int = 0) -> Stream:
        """The machine that makes events of the upstream's chunks; `created_at` in Unix seconds.

        The ids of items derive from `response_id`, so it must be unique where they must be.
        """
        return Stream(
            echo(self.request, response_id, created_at, self.keeps),
            policy=self.policy,
            names=self.names,
            answer_tool=self.answer_tool,
            dialect=self.dialect,
            options=self.options,
            known_call_ids=self._call_ids(),
            summarise=_summary(self.request) is not None,
            seal_reasoning=ENCRYPTED_REASONING in self.request.get("include", ()),
            compact=is_compaction(self.request),
            obfuscate=self.request.get("stream_options", {}).get("include_obfuscation", False),
        )

    def translate_response(
        self,
        completion: Mapping[str, Any] | BaseModel | bytes,
        *,
        response_id: str,
        created_at: int = 0,
        completed_at: int | None = None,
    ) -> JSON:
        """Chat completion, as a dict, an SDK's object or bytes → response; raises UpstreamError if it failed.

        A completion is a stream of one chunk, so this is the same machine that streams.
        """
        stream = self.stream(response_id=response_id, created_at=created_at)
        return read_response(stream, completion, completed_at)

    def _call_ids(self) -> frozenset[str]:
        """The ids of earlier calls: an upstream that uses one again must not confuse the client."""
        items = self.request.get("input", ())
        items = (*self.history, *(items if not isinstance(items, str) else ()))
        return frozenset(item["call_id"] for item in items if item.get("type") in CALLS and "call_id" in item)


def translate_request(
    request: Mapping[str, Any],
    *,
    dialect: Dialect = DEFAULT,
    upstream_model: str | None = None,
    output_limit: int | None = None,
    window: int | None = None,
    options: ReplyOptions = DEFAULT_OPTIONS,
    history: Sequence[JSON] | None = None,
    stored: bool = False,
    shortens: bool = False,
    attachments: Attachments = NO_ATTACHMENTS,
) -> Translation:
    """Responses request → the chat request that says the same to an upstream of this dialect.

    In the request objects of an SDK may stand, such as the items of an earlier response.
    `upstream_model` replaces the model's public name, `output_limit` and the `window` (both in tokens) cap
    `max_output_tokens`. `history` holds the items that `previous_response_id` or `conversation` stand for; without it
    they are refused. `stored` says that the caller keeps the response if the request wants it kept, `shortens` that it
    obeys `truncation: auto`; `attachments` are told in the place of files and images that are kept elsewhere. Raises
    InvalidRequest or Unsupported with the path of the first field that is faulty or cannot be told.
    """
    # the wire types are plain dicts; from here on they are read as such
    asked = cast(JSON, responses.validate(plain_body(request)))
    return translate_valid(
        asked,
        dialect=dialect,
        upstream_model=upstream_model,
        output_limit=output_limit,
        window=window,
        options=options,
        history=history,
        stored=stored,
        shortens=shortens,
        attachments=attachments,
    )


def translate_valid(
    asked: JSON,
    *,
    dialect: Dialect,
    upstream_model: str | None,
    output_limit: int | None,
    window: int | None,
    options: ReplyOptions,
    history: Sequence[JSON] | None,
    stored: bool,
    shortens: bool,
    attachments: Attachments = NO_ATTACHMENTS,
) -> Translation:
    """As `translate_request`, for a request that `wire.responses.validate` has returned."""
    _refuse(asked, history is not None)
    losses = Losses()
    _report(asked, options, losses, stored=stored, shortens=shortens)
    original = asked
    if is_compaction(asked):
        asked = summary_request(asked, options, bool(history))
    plan, format, effort = _plan(asked, original is asked, dialect, losses, history or ())
    words = (asked.get("instructions"), plan.instruction, format.instruction)
    chat: JSON = {
        "model": upstream_model or asked["model"],
        "messages": map_items(
            asked.get("input", ()),
            [word for word in words if word],
            dialect,
            losses,
            plan.names,
            options.sealer,
            history or (),
            attachments,
        ),
    }
    parameters, unknown = _parameters(asked, plan.parameters)
    if effort is not None:
        parameters |= map_effort(effort, dialect, losses)
    if format.response_format is not None:
        parameters["response_format"] = format.response_format
    sized = {**chat, **plan.parameters} if plan.parameters else chat  # the tools share the window, too
    limit = map_token_limit(asked.get("max_output_tokens"), Limits(window, output_limit), sized, dialect, losses)
    if limit is not None:
        parameters[dialect.max_tokens_field] = limit
    _add_parameters(chat, parameters, dialect, losses)
    if unknown or dialect.extra_body:
        _add_unknown(chat, unknown, dialect, losses)
    if asked.get("stream") or _must_stream(effort, dialect):
        chat.update(_streaming(dialect))
    return Translation(
        original,
        chat,
        tuple(losses),
        plan.policy,
        plan.names,
        format.answer_name,
        dialect,
        options,
        history or (),
        keeps=stored and original.get("store", True),
    )


def _plan(
    asked: JSON, offers: bool, dialect: Dialect, losses: Losses, history: Sequence[JSON]
) -> tuple[ToolPlan, FormatPlan, str | None]:
    """The tools, the form of the answer, and the effort: a forced call may stand in the way of thinking."""
    effort: str | None = asked.get("reasoning", {}).get("effort")
    policy = dialect.forced_choice_vs_thinking
    if policy == "disable_thinking" and dialect.reasoning_control == "none":
        policy = "downgrade"
    in_words = policy == "downgrade" and thinks(effort)
    plan = map_tools(asked, dialect, losses, history, in_words=in_words) if offers else withhold_tools()
    wanted = asked["text"].get("format") if "text" in asked else None
    sent = plan.sent if wanted is not None else ()
    format = map_text_format(wanted, dialect, tools=sent, must_call=plan.policy.required, losses=losses)
    if format.answer_tool is not None:
        plan = with_answer_tool(plan, format.answer_tool, dialect, losses, in_words=in_words)
    if policy == "disable_thinking" and plan.forces and thinks(effort):
        losses.report("reasoning", "the upstream cannot think where a call is forced, so it does not")
        effort = "none"
    return plan, format, effort


def _streaming(dialect: Dialect) -> JSON:
    return {"stream": True} | ({"stream_options": {"include_usage": True}} if dialect.stream_usage == "request" else {})


def _must_stream(effort: str | None, dialect: Dialect) -> bool:
    thinking = effort is not None and thinks(effort)
    return dialect.force_stream == "always" or (dialect.force_stream == "thinking" and thinking)


def _refuse(request: JSON, resolved: bool) -> None:
    for name in () if _REFUSED.isdisjoint(request) else request:
        if name in _HISTORY:
            if request[name] and not resolved:
                raise Unsupported(
                    f"'{name}' stands for items that are not kept here: send the earlier items in 'input'.", param=name
                )
        elif name in _REFUSED and request[name]:
            raise Unsupported(f"'{name}' is not supported. {LEDGER[name].why}", param=name)
    if not resolved and not request.get("input") and request.get("input") != "":
        raise InvalidRequest(
            "Missing required parameter: 'input'; send a string or a list of items.",
            param="input",
            code="missing_required_parameter",
        )


def _report(request: JSON, options: ReplyOptions, losses: Losses, *, stored: bool, shortens: bool) -> None:
    if request.get("store") and not stored:  # the default is no word of the request's, and no loss
        losses.report("store", "nothing is stored, the response says store: false")
    if request.get("truncation") == "auto" and not shortens:
        losses.report("truncation", "nothing is shortened")
    if "client_metadata" in request:
        losses.report("client_metadata", "it says nothing to a chat upstream")
    for index, wanted in enumerate(request.get("include", ())):
        if wanted != LOGPROBS and not (wanted == ENCRYPTED_REASONING and options.sealer is not None):
            losses.report(f"include[{index}]", f"there is no '{wanted}' to include")


def _parameters(request: JSON, tools: JSON) -> tuple[JSON, JSON]:
    """Those of the tools, and what chat has under the same name, or under another; and what nobody knows."""
    parameters = dict(tools)
    unknown: JSON = {}
    for name, value in request.items():
        if name in _CARRIED:
            parameters[name] = value
        elif name not in LEDGER:
            unknown[name] = value
    if "verbosity" in request.get("text", {}):
        parameters["verbosity"] = request["text"]["verbosity"]
    if request.get("top_logprobs") or LOGPROBS in request.get("include", ()):
        parameters["logprobs"] = True
    else:
        parameters.pop("top_logprobs", None)  # none are asked for; alone it is an error upstream
    return parameters, unknown


def _add_parameters(chat: JSON, parameters: JSON, dialect: Dialect, losses: Losses) -> None:
    """Add what this upstream takes, under its names."""
    refused, taken, rename = dialect.params_refused, dialect.params, dialect.rename
    for name, value in parameters.items():
        if name in refused or (taken is not None and name not in taken):
            losses.report(_request_path(name), f"the upstream takes no '{name}'")
        else:
            chat[rename.get(name, name) if rename else name] = value


def _add_unknown(chat: JSON, unknown: JSON, dialect: Dialect, losses: Losses) -> None:
    """Add what nobody knows, as `extra_body` of an SDK; and constants."""
    refused, rename = dialect.params_refused, dialect.rename
    for name, value in unknown.items():
        if name in refused:
            losses.report(name, f"the upstream takes no '{name}'")
            continue
        if name == "n" and value != 1:
            losses.report(name, "a response holds one answer, so one is asked for")
            continue
        if name == "stop" and isinstance(value, str) and dialect.stop_shape == "array":
            value = [value]
        written = rename.get(name, name)
        if chat.setdefault(written, value) != value:
            losses.report(name, f"the request itself becomes the upstream's '{written}'")
    chat.update({name: value for name, value in dialect.extra_body.items() if name not in refused})


_REQUEST_PATHS = {
    "max_tokens": "max_output_tokens",
    "max_completion_tokens": "max_output_tokens",
    "reasoning_effort": "reasoning.effort",
    "response_format": "text.format",
    "verbosity": "text.verbosity",
    "logprobs": "include",
}


def _request_path(parameter: str) -> str:
    return _REQUEST_PATHS.get(parameter, parameter)


def _summary(request: JSON) -> str | None:
    reasoning = request.get("reasoning", {})
    summary: str | None = reasoning.get("summary") or reasoning.get("generate_summary")
    return summary
