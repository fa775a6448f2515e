"""Which class an upstream's error belongs to and what of its words may be shown: data in `errors.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from .error_report import ErrorReport

MESSAGE_LIMIT = 1000
"""How long a message for a client may be, in characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorClass:
    """What a client is told: `message` stands in where the upstream said nothing and may name `{status}`."""

    name: str
    type: str
    status: int
    message: str
    code: str | None = None
    param: str | None = None
    only_this_message: bool = False


@dataclass(frozen=True, kw_only=True)
class ErrorRule:
    """Which errors are of a class; each condition that is given must hold."""

    error_class: ErrorClass
    statuses: frozenset[int] | None = None
    codes: tuple[str, ...] = ()
    messages: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()

    def fits(self, report: ErrorReport, status: int) -> bool:
        """Whether the error, come with this status, is of the class."""
        if self.statuses is not None and status not in self.statuses:
            return False
        if self.codes and not any(map(self.has_code, report.codes)):
            return False
        if self.messages and not self._messages.search(report.message):
            return False
        return not (self.unless and self._unless.search(report.message))

    def has_code(self, code: str) -> bool:
        """Whether a code is one of the rule's."""
        return self._codes.fullmatch(code) is not None

    # Compiled where first needed: together they cost milliseconds, and most processes never see an error.
    @cached_property
    def _codes(self) -> re.Pattern[str]:
        return _any_of(self.codes)

    @cached_property
    def _messages(self) -> re.Pattern[str]:
        return _any_of(self.messages)

    @cached_property
    def _unless(self) -> re.Pattern[str]:
        return _any_of(self.unless)


@dataclass(frozen=True, kw_only=True)
class ErrorTable:
    """All of `errors.toml`."""

    classes: Mapping[str, ErrorClass]
    rules: tuple[ErrorRule, ...]
    kept_codes: frozenset[str]
    kept_in: frozenset[str]
    params: Mapping[str, str]
    redactions: tuple[tuple[str, str], ...]

    def names(self, error_class: ErrorClass, code: str) -> bool:
        """Whether a code is a word for the class, and says no more than that."""
        return any(rule.codes and rule.error_class is error_class and rule.has_code(code) for rule in self.rules)

    @cached_property
    def compiled_redactions(self) -> tuple[tuple[re.Pattern[str], str], ...]:
        """Pattern and replacement, in the order they are applied."""
        return tuple((re.compile(pattern), replacement) for pattern, replacement in self.redactions)


@cache
def error_table() -> ErrorTable:
    """The table, read once."""
    return build_table(tomllib.loads(files(__package__).joinpath("errors.toml").read_text("utf-8")))


def build_table(data: Mapping[str, Any]) -> ErrorTable:
    """The table of the TOML document; raises TypeError, KeyError or ValueError where a row is wrong."""
    classes = {name: ErrorClass(name=name, **row) for name, row in data["classes"].items()}
    return ErrorTable(
        classes=classes,
        rules=tuple(_rule(row, classes) for row in data["rules"]),
        kept_codes=frozenset(data["keep"]["codes"]),
        kept_in=frozenset(data["keep"]["classes"]),
        params=data["params"],
        redactions=tuple((row["pattern"], row["with"]) for row in data["redactions"]),
    )


def classify(report: ErrorReport, status: int) -> ErrorClass:
    """The class of the first rule that fits; the last rule fits everything."""
    return next(rule.error_class for rule in error_table().rules if rule.fits(report, status))


_BEFORE = r"(?:\b[A-Za-z][A-Za-z0-9+.-]*://(?:[^\s/@]*@)?)?\[?"
_BEHIND = r"""\]?(?::\d{1,5}(?!\d))?(?:/[^\s"'<>)\]}]*)?"""


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """The text without keys, addresses and account names, cut to what a client reads.

    `secrets` are strings that must go whatever they look like, such as the upstream's key or host, and with them the
    rest of an address that they stand in.
    """
    for secret in sorted(secrets, key=len, reverse=True):  # a host also stands in the address with its port
        if len(secret) >= 4:
            text = re.sub(_BEFORE + re.escape(secret) + _BEHIND, "[hidden]", text)
    for pattern, replacement in error_table().compiled_redactions:
        text = pattern.sub(replacement, text)
    return text if len(text) <= MESSAGE_LIMIT else text[: MESSAGE_LIMIT - 1] + "…"


def _rule(row: Mapping[str, Any], classes: Mapping[str, ErrorClass]) -> ErrorRule:
    conditions = {key: tuple(value) for key, value in row.items() if key not in ("class", "statuses")}
    given = row.get("statuses")
    statuses = None if given is None else frozenset(status for entry in given for status in _statuses(entry))
    return ErrorRule(error_class=classes[row["class"]], statuses=statuses, **conditions)


def _statuses(entry: int | str) -> Iterable[int]:
    if isinstance(entry, int):
        return (entry,)
    if not re.fullmatch("[45]xx", entry):
        raise ValueError(f"{entry!r} is no status: write a number, 4xx or 5xx.")
    return range(int(entry[0]) * 100, int(entry[0]) * 100 + 100)


def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns), re.IGNORECASE)
