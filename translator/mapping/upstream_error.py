"""An upstream's error as OpenAI would have said it.

Whose key was refused decides what a client hears of a 401 or 403. The operator's key is no business of the
client, whose own is fine: 502 `upstream_auth_failed`. A key the client handed through is the client's 401.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from translator.dialects.error_classes import ErrorClass, classify, error_table, redact
from translator.dialects.error_report import ErrorReport, parse_duration, read_error
from translator.errors import UpstreamError

_WAIT_WORDS = re.compile(r"try again in\s*\d+(?:\.\d+)?\s*(?:s|ms|seconds?)", re.IGNORECASE)
"""What Codex looks for in the message of a rate limit to know how long to wait."""

_NO_ROUTE = re.compile(
    r"(?:404:? )?(?:(?:file |page |route )?not found\.?)?|Invalid URL \(.*\)|<.*", re.IGNORECASE | re.DOTALL
)
"""What servers say of a path that they do not have: a framework's words, OpenAI's, a page, or nothing."""

_RESET = "x-ratelimit-reset-"
_REMAINING = "x-ratelimit-remaining-"
_TOKENS = re.compile(r"\btokens?\b|\bTPM\b", re.IGNORECASE)
_PARAM = re.compile(r"[A-Za-z_][\w.\[\]-]{0,99}")
_OWN_CODE = re.compile(r"(?=.{1,64}\Z)[a-z][a-z0-9]*(?:_[a-z0-9]+)+")
"""A code as OpenAI writes them: the upstream's clients may act on it, though nobody here knows it."""

_HEADER = re.compile(r"[\x20-\x7e]{1,200}")


def map_upstream_error(
    status: int,
    body: bytes,
    headers: Mapping[str, str],
    *,
    key_is_clients: bool = False,
    translated: bool = True,
    secrets: Iterable[str] = (),
) -> UpstreamError:
    """Maps the answer to a request that failed.

    `key_is_clients` says that the client's own key was handed to the upstream; `translated`, that the request was made
    of one of the other API, whose parameters have other names. `secrets` are strings that no client may see whatever
    they look like: the upstream's key, its host. The error's `headers` hold `retry-after` and the `x-ratelimit-*`
    headers.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    report = read_error(body)
    error = _map(report, status, lowered, key_is_clients, secrets)
    if not translated and error.param is not None:
        own = report.param or ""
        error.param = own if _PARAM.fullmatch(own) else None
    return error


def is_missing_route(status: int, body: bytes) -> bool:
    """Whether a refusal says that there is no such path, and not that something is missing that a path names."""
    said = read_error(body).message.strip()
    return status in (405, 501) or (status == 404 and (_NO_ROUTE.fullmatch(said) is not None))


_CHAT_PARAMS = {
    "input": ("messages",),
    "instructions": ("messages",),
    "max_output_tokens": ("max_completion_tokens", "max_tokens"),
    "text.format": ("response_format",),
    "text.verbosity": ("verbosity",),
    "reasoning.effort": ("reasoning_effort",),
    "tool_choice": ("tool_choice", "function_call"),
}
"""What says the same in chat; of several names the one that the client sent."""

_TOOL = re.compile(r"tools\[(\d{1,6})\](.*)", re.DOTALL)


def param_to_chat(param: str | None, asked: Mapping[str, Any]) -> str | None:
    """What a Responses upstream calls a parameter → what its chat client sent; a place within it is not the same.

    `asked` is the chat request, or as much of it as is known.
    """
    if param is None:
        return None
    for name, chat in _CHAT_PARAMS.items():
        if param == name or param.startswith((f"{name}.", f"{name}[")):
            return next((word for word in chat if word in asked), chat[0])
    place = _TOOL.fullmatch(param)
    return param if place is None else _tool_to_chat(param, int(place[1]), place[2], asked)


def _tool_to_chat(param: str, index: int, rest: str, asked: Mapping[str, Any]) -> str:
    """The tools, then the functions of the deprecated form, then the search: so they were told."""
    tools, functions = asked.get("tools", ()), asked.get("functions", ())
    if index < len(tools):
        kind = tools[index]["type"]
        return f"tools[{index}].{kind}{rest}" if kind in tools[index] and rest not in ("", ".type") else param
    if index < len(tools) + len(functions):
        return f"functions[{index - len(tools)}]{rest}"
    return "web_search_options" if "web_search_options" in asked else param


def map_error_object(
    error: Any, *, status: int = 502, key_is_clients: bool = False, secrets: Iterable[str] = ()
) -> UpstreamError:
    """Maps an error object found where a reply was expected, such as in a stream that began with 200.

    `error` is the value of `error`, or the whole chunk or body around it, in any shape; `status` holds where
    the object names none.
    """
    return _map(read_error(error), status, {}, key_is_clients, secrets)


def _map(
    report: ErrorReport, status: int, headers: Mapping[str, str], key_is_clients: bool, secrets: Iterable[str]
) -> UpstreamError:
    status = _true_status(report, status)
    found = classify(_with_header_code(report, headers), status)
    if found.name == "auth" and not key_is_clients:
        found = error_table().classes["operator_auth"]
    retry_after, delay = _retry_after(found, report, headers)
    shown = "" if found.only_this_message else redact(report.message, secrets)
    message = shown or found.message.format(status=status)
    if found.name == "rate_limit" and delay is not None and not _WAIT_WORDS.search(message):
        said = message.rstrip()
        stop = "" if not said or said[-1] in ".!?…" else "."
        message = f"{said}{stop} Please try again in {delay:.10g}s.".lstrip()
    passed = {name: value for name, value in headers.items() if name.startswith("x-ratelimit-")}
    if retry_after:
        passed["retry-after"] = retry_after
    return UpstreamError(
        message,
        status=found.status,
        type=_type(found, report),
        code=_code(found, report, secrets),
        param=None if found.only_this_message else found.param or _param(report),
        headers={name: value for name, value in passed.items() if _HEADER.fullmatch(value)},
    )


def _true_status(report: ErrorReport, status: int) -> int:
    """The status the body names, where the one it came with says nothing of whose fault it was."""
    if report.status is not None and not 400 <= status < 500:
        return report.status
    return status if status >= 400 else 502


def _with_header_code(report: ErrorReport, headers: Mapping[str, str]) -> ErrorReport:
    """AWS names the kind of an error in a header."""
    kind = headers.get("x-amzn-errortype", "").partition(":")[0].lower()
    if not kind:
        return report
    return replace(report, codes=(*report.codes, kind))


def _type(found: ErrorClass, report: ErrorReport) -> str:
    if found.name == "rate_limit" and ("tokens" in report.codes or _TOKENS.search(report.message)):
        return "tokens"
    return found.type


def _code(found: ErrorClass, report: ErrorReport, secrets: Iterable[str]) -> str | None:
    table = error_table()
    if found.name not in table.kept_in:
        return found.code
    kept = next((code for code in report.codes if code in table.kept_codes), found.code)
    own = report.code or ""
    tells = _OWN_CODE.fullmatch(own) is not None and not table.names(found, own) and redact(own, secrets) == own
    return own if kept is None and tells else kept


def _param(report: ErrorReport) -> str | None:
    """The upstream's parameter by the name its client knows."""
    if report.param is None or not _PARAM.fullmatch(report.param):
        return None
    params = error_table().params
    head = re.split(r"[.\[]", report.param, maxsplit=1)[0]
    if head in params:
        return params[head] or None
    return report.param.replace(".function", "") if head == "tools" else report.param


def _retry_after(found: ErrorClass, report: ErrorReport, headers: Mapping[str, str]) -> tuple[str | None, float | None]:
    """The header for the client, in whole seconds or as the upstream's date, and the delay in seconds."""
    given = headers.get("retry-after", "").strip()
    waits = [_seconds(given), _milliseconds(headers.get("retry-after-ms", ""))]
    if found.status in (429, 503):  # the other hints stand in answers that waiting does not help, too
        waits += [report.retry_after, _reset(headers, "tokens" in report.codes) if not given else None]
    delay = next((wait for wait in waits if wait is not None), None)
    if delay is not None:
        return str(math.ceil(delay)), delay
    return given or None, None


def _seconds(text: str) -> float | None:
    return parse_duration(text) if text[:1].isdigit() else None


def _milliseconds(text: str) -> float | None:
    number = _seconds(text)
    return None if number is None else number / 1000


def _reset(headers: Mapping[str, str], tokens: bool) -> float | None:
    """When the limit that is used up is filled again; where none reads zero, the one the error speaks of."""
    waits = {name.removeprefix(_RESET): _seconds(text) for name, text in headers.items() if name.startswith(_RESET)}
    spent = [wait for kind, wait in waits.items() if wait and headers.get(f"x-ratelimit-remaining-{kind}") == "0"]
    return max(spent) if spent else waits.get("tokens" if tokens else "requests")
