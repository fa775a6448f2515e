"""What an upstream's refusal teaches: one fact, or that only its operator can help; rules in `learning.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from ..errors import UpstreamError
from .dialect import Dialect
from .effect import changes_request, choice_kind, effort_of
from .error_classes import redact
from .error_report import ErrorReport, read_error
from .fact import Fact
from .presets import lay_over, read_switches

BECAUSE_LIMIT = 300
"""How much of the upstream's words a fact keeps, in characters."""

EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")
"""From the least thinking to the most."""

JSON = Mapping[str, Any]
Changes = dict[str, Any]


class OperatorError(UpstreamError):
    """The upstream is set up so that no request like this can succeed; the message tells its operator what to do."""

    def __init__(self, message: str) -> None:
        super().__init__(message, code="upstream_misconfigured")


@dataclass(frozen=True, kw_only=True)
class LearningRule:
    """What a refusal that says one of the messages teaches."""

    messages: tuple[str, ...]
    changes: Changes | None = None
    lesson: str | None = None
    operator: str | None = None
    hints: bool = False

    @cached_property
    def patterns(self) -> tuple[re.Pattern[str], ...]:
        """The messages, compiled."""
        flags = re.IGNORECASE | re.MULTILINE | re.DOTALL
        return tuple(re.compile(pattern, flags) for pattern in self.messages)

    def says(self, message: str) -> bool:
        """Whether the message is one of the rule's."""
        return any(pattern.search(message) for pattern in self.patterns)

    def keys(self, message: str) -> list[str]:
        """The keys, or paths to keys, that the message names; a match may hold several."""
        found = [match["key"] for pattern in self.patterns for match in pattern.finditer(message)]
        return [key for entry in found for key in re.split(r"[,\s]+", entry) if key]


@dataclass(frozen=True, kw_only=True)
class LearningTable:
    """All of `learning.toml`."""

    statuses: frozenset[int]
    hints: frozenset[str]
    needed: frozenset[str]
    param_codes: frozenset[str]
    keys: Mapping[str, tuple[Changes, ...]]
    rules: tuple[LearningRule, ...]


@cache
def learning_table() -> LearningTable:
    """The table, read once."""
    return build_table(tomllib.loads(files(__package__).joinpath("learning.toml").read_text("utf-8")))


def build_table(data: JSON) -> LearningTable:
    """The table of the TOML document; raises ValueError or KeyError where a row is wrong."""
    return LearningTable(
        statuses=frozenset(data["statuses"]),
        hints=frozenset(data["hints"]),
        needed=frozenset(data["needed"]),
        param_codes=frozenset(data["param_codes"]),
        keys={key: tuple(read_switches(row, f"keys.{key}") for row in rows) for key, rows in data["keys"].items()},
        rules=tuple(_rule(row) for row in data["rules"]),
    )


def may_teach(status: int) -> bool:
    """Whether a reply of this status says that the request was made wrong."""
    return status in learning_table().statuses


def learn(status: int, body: Any, dialect: Dialect, sent: JSON) -> Fact | OperatorError | None:
    """What the refusal of a chat request teaches.

    `body` is the reply's (bytes, or JSON already read), `sent` the chat request, `dialect` what it was made by. A
    fact is given only where the request made by `apply(dialect, fact)` would be another. An OperatorError is
    returned, not raised.
    """
    table = learning_table()
    if not may_teach(status):
        return None
    report = read_error(body)
    for rule in table.rules:
        if not rule.says(report.message):
            continue
        if rule.operator is not None:
            return OperatorError(rule.operator)
        changes = rule.changes if rule.lesson is None else LESSONS[rule.lesson](rule, report, dialect, sent)
        if changes and changes_request(dialect, lay_over(dialect, changes), sent):
            return _fact(changes, report)
    if report.param and table.param_codes.intersection(report.codes):
        changes = _without([report.param], dialect, sent, hints="unknown_parameter" in report.codes)
        return _fact(changes, report) if changes else None
    return None


def _fact(changes: Changes, report: ErrorReport) -> Fact:
    because = redact(report.message)
    return Fact(changes, because if len(because) <= BECAUSE_LIMIT else because[: BECAUSE_LIMIT - 1] + "…")


def _learn_refused_keys(rule: LearningRule, report: ErrorReport, dialect: Dialect, sent: JSON) -> Changes:
    return _without(rule.keys(report.message), dialect, sent, hints=rule.hints)


def _without(keys: list[str], dialect: Dialect, sent: JSON, *, hints: bool) -> Changes:
    """What leaves the keys out, and with `hints` what else of the request a strict upstream would refuse next."""
    changes: Changes = {}
    for key in keys:
        for switch, value in next(_ways_out(key, dialect, sent), {}).items():
            changes[switch] = changes.get(switch, frozenset()) | value if switch == "params_refused" else value
    if changes and hints and any(steps and steps[-1] in sent for steps in map(_steps, keys)):
        unasked = learning_table().hints.intersection(sent) - (dialect.params or frozenset())
        if unasked:
            changes["params_refused"] = changes.get("params_refused", frozenset()) | unasked
    return changes


def _steps(path: str) -> list[str]:
    return re.findall(r"[\w$]+", path)


def _ways_out(path: str, dialect: Dialect, sent: JSON) -> Iterator[Changes]:
    """The changes that would leave out what stands at the path, its last step first."""
    table = learning_table()
    names = {renamed: name for name, renamed in dialect.rename.items()}
    for step in reversed(_steps(path)):
        for changes in table.keys.get(step, ()):
            if changes_request(dialect, lay_over(dialect, changes), sent):
                yield changes
        if step in sent and step not in table.needed and step not in table.keys:
            yield {"params_refused": frozenset({names.get(step, step)})}


def _learn_effort(rule: LearningRule, report: ErrorReport, dialect: Dialect, sent: JSON) -> Changes:
    """The nearest effort that the message names takes the place of the one that was sent."""
    effort = effort_of(sent)
    refused = {word for word, other in dialect.effort_map.items() if word != other} | {effort}
    named = set(re.findall(rf"\b(?:{'|'.join(EFFORTS)})\b", report.message.lower())) - refused
    if effort not in EFFORTS or not named:
        return {}
    place = EFFORTS.index(effort)
    nearest = min(named, key=lambda word: (abs(EFFORTS.index(word) - place), -EFFORTS.index(word)))
    asked = {word for word in (*EFFORTS, *dialect.effort_map) if dialect.effort_map.get(word, word) == effort}
    return {"effort_map": dict.fromkeys(sorted(asked), nearest)}


def _learn_limit(rule: LearningRule, report: ErrorReport, dialect: Dialect, sent: JSON) -> Changes:
    """The number that the message names becomes the limit of the output, or of prompt and output together."""
    for pattern in rule.patterns:
        found = pattern.search(report.message)
        if found is None:
            continue
        named = {name: int(number.replace(",", "")) for name, number in found.groupdict().items()}
        if "window" in named:
            return {"window": named["window"], "max_tokens_policy": "cap_window"}
        changes: Changes = {"max_output": named["most"] if "most" in named else named["below"] - 1}
        return changes if dialect.max_tokens_policy != "as_is" else {**changes, "max_tokens_policy": "cap_model"}
    return {}


def _learn_tool_choice(rule: LearningRule, report: ErrorReport, dialect: Dialect, sent: JSON) -> Changes:
    """This kind goes; with a named choice `required` goes too, unless the message offers it: one retry must do."""
    kind = choice_kind(sent.get("tool_choice"), dialect)
    gone = {kind} if kind != "named" or "required" in report.message else {"named", "required"}
    return {"tool_choice": frozenset(dialect.tool_choice - gone)}


def _learn_response_format(rule: LearningRule, report: ErrorReport, dialect: Dialect, sent: JSON) -> Changes:
    asked = (sent.get("response_format") or {}).get("type")
    if asked == "json_schema" and dialect.json_object == "native":
        return {"json_schema": "json_object"}
    if asked == "json_object" and "json_schema" in report.message:
        return {"json_object": "as_schema", "json_schema": "native"}
    return {"json_object": "prompt", "json_schema": "prompt"}


Lesson = Callable[[LearningRule, ErrorReport, Dialect, JSON], Changes]

LESSONS: Mapping[str, Lesson] = {
    "refused_keys": _learn_refused_keys,
    "effort": _learn_effort,
    "limit": _learn_limit,
    "tool_choice": _learn_tool_choice,
    "response_format": _learn_response_format,
}


def _rule(row: JSON) -> LearningRule:
    where = f"the rule for {row['messages'][0]!r}"
    if sum(key in row for key in ("set", "learn", "operator")) != 1:
        raise ValueError(f"{where} has none or several of 'set', 'learn', 'operator'.")
    if row.get("learn", "effort") not in LESSONS:
        raise ValueError(f"{where} names no lesson: {row['learn']!r}; the lessons are {', '.join(LESSONS)}.")
    if row.get("learn") == "refused_keys" and not all("(?P<key>" in pattern for pattern in row["messages"]):
        raise ValueError(f"{where} learns refused keys, but not all its messages have a group named 'key'.")
    return LearningRule(
        messages=tuple(row["messages"]),
        changes=read_switches(row["set"], where) if "set" in row else None,
        lesson=row.get("learn"),
        operator=row.get("operator"),
        hints=row.get("hints", False),
    )
