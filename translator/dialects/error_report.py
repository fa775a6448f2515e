"""What an upstream's error says, read from any shape an upstream puts it in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

READ_LIMIT = 4000
"""How many characters of a message are looked at."""

_DEPTH = 6
_STATUS_KEYS = ("code", "status", "http_code", "status_code", "statusCode", "error_code")
_CODE_KEYS = (*_STATUS_KEYS, "type", "error_type", "reason", "__type")
_TEXT_KEYS = ("message", "msg", "detail", "Message", "status_msg", "error_msg", "errorMessage")
_DELAY_KEYS = ("retryDelay", "retry_after", "retry_after_seconds", "estimated_time")
_SECONDS_IN = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_NUMBER = r"\d{1,9}(?:\.\d{1,9})?"
_UNIT = r"ms|milliseconds?|s|secs?|seconds?|m|mins?|minutes?|h|hours?|d|days?"
_DURATION = re.compile(rf"({_NUMBER})\s*({_UNIT})(?![a-z])", re.IGNORECASE)
_AGAIN = re.compile(
    rf"(?:try again|retry)\s+(?:in|after)\s+((?:{_NUMBER}\s*(?:{_UNIT})(?![a-z])\s*){{1,4}})",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorReport:
    """An upstream's error, whatever its shape was.

    `message` is raw (not fit to be shown) and "" where there is none. `codes` are all codes, types, status
    words and reasons, in lower case and the order found; `html` and `empty` stand for bodies without any.
    `code` is the one that stands in a field of this name, as it is written there. `param` is the parameter as the
    upstream names it, `status` what the body names, `retry_after` in seconds.
    """

    message: str = ""
    codes: tuple[str, ...] = ()
    code: str | None = None
    param: str | None = None
    status: int | None = None
    retry_after: float | None = None


def read_error(error: Any) -> ErrorReport:
    """Reads an error body (bytes or text) or an error object taken from one; never raises."""
    reader = _Reader()
    if isinstance(error, bytes | bytearray):
        error = bytes(error).decode("utf-8", "replace")
    reader.visit(_unframed(error) if isinstance(error, str) else error)
    return reader.report()


def parse_duration(text: str) -> float | None:
    """Seconds in `1m2.5s`, `120ms`, `20 seconds`, or a bare number; None where there is no duration."""
    pieces = _DURATION.findall(text)
    if pieces:
        return sum(float(number) * _seconds_in(unit.lower()) for number, unit in pieces)
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if 0 <= seconds < 1e6 else None


def _seconds_in(unit: str) -> float:
    return 0.001 if unit.startswith(("ms", "milli")) else _SECONDS_IN[unit[0]]


def _unframed(text: str) -> str:
    """The text without the frame of a server-sent event: some gateways frame even an HTTP error."""
    text = text.lstrip("\ufeff").strip()
    if not text.startswith(("data:", "event:", "error:")):
        return text
    lines = [line for line in text.splitlines() if line.startswith(("data:", "error:"))]
    return lines[0].partition(":")[2].strip() if lines else ""


class _Reader:
    """Walks an error; what stands deepest is the cause, so its message is the one kept."""

    def __init__(self) -> None:
        self.message = ""
        self.codes: list[str] = []
        self.code: str | None = None
        self.param: str | None = None
        self.status: int | None = None
        self.retry_after: float | None = None

    def report(self) -> ErrorReport:
        message = _clean(self.message)
        if not message and not self.codes:
            self.codes.append("empty")
        if self.retry_after is None and (again := _AGAIN.search(message)):
            self.retry_after = parse_duration(again.group(1))
        return ErrorReport(
            message=message,
            codes=tuple(dict.fromkeys(self.codes)),
            code=self.code,
            param=self.param,
            status=self.status,
            retry_after=self.retry_after,
        )

    def visit(self, value: Any, depth: int = _DEPTH) -> None:
        if depth == 0:
            return
        if isinstance(value, str):
            self._visit_text(value.strip(), depth)
        elif isinstance(value, Mapping):
            self._visit_object(value, depth)
        elif isinstance(value, list) and value:
            if any(isinstance(entry, Mapping) and "loc" in entry for entry in value):
                self._say(self._text_of(value, depth))
            else:
                self.visit(value[0], depth - 1)

    def _visit_text(self, text: str, depth: int) -> None:
        if text[:1] in ("{", "["):
            try:
                self.visit(json.loads(text), depth - 1)
                return
            except (ValueError, RecursionError):
                pass
        if text[:1] == "<" or "<html" in text[:1000].lower():
            self.codes.append("html")
        else:
            self._say(text)

    def _visit_object(self, error: Mapping[str, Any], depth: int) -> None:
        metadata = error.get("metadata")
        if isinstance(metadata, Mapping):
            self._visit_metadata(metadata, depth)
        for key in ("error", "errors", "x_groq", "innererror", "innerError"):
            self.visit(error.get(key), depth - 1)
        self._visit_base_resp(error.get("base_resp"))
        self._note_codes(error)
        self._visit_details(error.get("details"))
        if isinstance(error.get("param"), str) and self.param is None:
            self.param = error["param"]
        for key in _DELAY_KEYS:
            self._note_delay(error.get(key))
        for key in _TEXT_KEYS:
            text = error.get(key)
            if isinstance(text, str) and text.lstrip()[:1] in ("{", "["):
                self.visit(text, depth - 1)
            elif text is not None:
                self._say(self._text_of(text, depth))

    def _visit_metadata(self, metadata: Mapping[str, Any], depth: int) -> None:
        """OpenRouter's: `raw` is the answer of the provider it routed to, often JSON in a string."""
        self.visit(metadata.get("raw"), depth - 1)
        if metadata.get("flagged_input") is not None:
            self.codes.append("flagged_input")
        for key in _DELAY_KEYS:
            self._note_delay(metadata.get(key))

    def _visit_base_resp(self, answer: Any) -> None:
        """MiniMax's: its numbers mean something else than other vendors' numbers."""
        if isinstance(answer, Mapping) and answer.get("status_code"):
            self.codes.append(f"base_resp.{answer['status_code']}")
            self._say(str(answer.get("status_msg") or ""))

    def _visit_details(self, details: Any) -> None:
        """Gemini's: typed objects with a reason, a delay, the quotas that were broken."""
        for detail in details if isinstance(details, list) else ():
            if not isinstance(detail, Mapping):
                continue
            self._note_delay(detail.get("retryDelay"))
            violations = detail.get("violations")
            quotas = [entry.get("quotaId") for entry in _objects(violations)]
            self.codes += [word.lower() for word in (detail.get("reason"), *quotas) if isinstance(word, str)]

    def _note_codes(self, error: Mapping[str, Any]) -> None:
        if self.code is None and isinstance(error.get("code"), str):
            self.code = error["code"]
        for key in _CODE_KEYS:
            word = error.get(key)
            if isinstance(word, bool) or not isinstance(word, str | int) or word in ("", "error", 0, 200):
                continue
            number = int(word) if str(word).isascii() and str(word).isdigit() and len(str(word)) == 3 else 0
            if key in _STATUS_KEYS and 400 <= number <= 599:
                self.status = self.status or number
            else:
                self.codes.append(str(word).lower())

    def _note_delay(self, delay: Any) -> None:
        if self.retry_after is None and isinstance(delay, str | int | float) and not isinstance(delay, bool):
            self.retry_after = parse_duration(str(delay))

    def _say(self, text: str) -> None:
        self.message = self.message or text.strip()

    def _text_of(self, value: Any, depth: int) -> str:
        if isinstance(value, str) or depth == 0:
            return value if isinstance(value, str) else ""
        if isinstance(value, list):
            return "; ".join(filter(None, (self._text_of(entry, depth - 1) for entry in value)))
        if not isinstance(value, Mapping):
            return ""
        text = next((self._text_of(value[key], depth - 1) for key in _TEXT_KEYS if value.get(key)), "")
        path = _path(value.get("loc"))
        self.param = self.param or path or None
        return f"{path}: {text}" if path else text


def _objects(value: Any) -> Iterable[Mapping[str, Any]]:
    return [entry for entry in value if isinstance(entry, Mapping)] if isinstance(value, list) else ()


def _path(location: Any) -> str:
    """Pydantic's `["body", "messages", 0, "content"]` as `messages[0].content`."""
    if not isinstance(location, list):
        return ""
    steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in location]
    return "".join(steps[1:] if steps[:1] == [".body"] else steps).lstrip(".")


def _clean(text: str) -> str:
    """Without control characters and lone surrogates, which break writers, and of bounded length."""
    text = text[:READ_LIMIT].encode("utf-8", "replace").decode()
    return "".join(char for char in text if char.isprintable() or char in "\n\t").strip()
