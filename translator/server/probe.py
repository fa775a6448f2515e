"""Asks a live upstream what it takes: a dozen small requests, what each told, and the dialect that follows."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import from_json, to_json

from ..body import parse
from ..dialects import (
    DEFAULT,
    Dialect,
    Limits,
    OperatorError,
    add_entries,
    apply,
    find_preset,
    learn,
    limits_of,
    model_entries,
    preset_of_host,
    preset_of_models,
    preset_of_reply,
    resolve,
)
from ..dialects.fact import Fact
from ..dialects.presets import read_switches
from ..errors import InvalidRequest, UpstreamError
from ..sse import Decoder
from .answer import Answer
from .questions import QUESTIONS, Question
from .upstream import UpstreamClient

JSON = dict[str, Any]

MODELS_NAMED = 8
"""How many of its models a report names in words."""

REPLY_BYTES = 1024 * 1024
"""More than any answer to these questions has."""


@dataclass
class Report:
    """What was found out."""

    base_url: str
    model: str
    preset: str | None
    limits: Limits
    dialect: Dialect
    """What its preset says, with what was found out laid over it."""

    models: tuple[str, ...] = ()
    """What it lists."""

    findings: dict[str, str] = field(default_factory=dict)
    """What was asked, and what came of it."""

    def rows(self) -> dict[str, str]:
        """All of it in words: whose upstream it is, its models and limits, then the findings."""
        family = "not recognised" if self.preset is None else f"{find_preset(self.preset).title} ({self.preset})"
        named = ", ".join(self.models[:MODELS_NAMED]) + (", …" if len(self.models) > MODELS_NAMED else "")
        models = f"{len(self.models)} listed: {named}" if self.models else "none listed"
        limits = {"window": self.limits.window, "output": self.limits.max_output}
        told = ", ".join(f"{name} {tokens} tokens" for name, tokens in limits.items() if tokens is not None)
        return {
            "family": family,
            "models": models,
            "asked": self.model,
            "limits": told or "not listed",
            **self.findings,
        }

    def switches(self) -> JSON:
        """What differs from the preset, as settings have it."""
        known = resolve(preset=self.preset or DEFAULT.name, model=self.model)
        names = [name.name for name in dataclasses.fields(Dialect) if name.name != "name"]
        changes = {name: getattr(self.dialect, name) for name in names}
        changes = {name: value for name, value in changes.items() if value != getattr(known, name)}
        return dict(Fact(changes, "").to_json()["changes"])

    def to_json(self) -> JSON:
        """The report as JSON."""
        limits = {"window": self.limits.window, "max_output": self.limits.max_output}
        told = {"base_url": self.base_url, "model": self.model, "preset": self.preset, "models": [*self.models]}
        return {**told, "limits": limits, "findings": self.findings, "dialect": self.switches()}

    def to_toml(self) -> str:
        """The upstream's table for the settings' file."""
        lines = ["[[upstreams]]", f"base_url = {_toml(self.base_url)}"]
        if self.preset is not None:
            lines.append(f"preset = {_toml(self.preset)}")
        switches = self.switches()
        if switches:
            lines += ["", "[upstreams.dialect]", *(f"{name} = {_toml(value)}" for name, value in switches.items())]
        return "\n".join(lines) + "\n"


async def probe(
    upstream: UpstreamClient, model: str | None = None, *, tell: Callable[[str], None] = lambda name: None
) -> Report:
    """Ask the questions, one after the other; `tell` hears the name of each once it is answered.

    Raises UpstreamError where the upstream cannot be reached or refuses the simplest request, and InvalidRequest where
    no model was named and it lists none.
    """
    report = await _recognise(upstream, model)
    for question in QUESTIONS:
        await _ask(upstream, report, question)
        tell(question.name)
    return report


async def _recognise(upstream: UpstreamClient, model: str | None) -> Report:
    base_url = upstream.settings.base_url
    body = _read(await upstream.get_models())
    entries = model_entries(body)
    preset = upstream.settings.preset or preset_of_host(base_url) or preset_of_models(body)
    if preset is not None and (path := find_preset(preset).list_beside) is not None:
        entries = add_entries(entries, _read(await upstream.get_beside(path)))
    if model is None and not entries:
        raise InvalidRequest("The upstream lists no models: name one with --model.", param="model")
    named = model if model is not None else next(iter(entries))
    limits = limits_of(entries[named]) if named in entries else Limits()
    dialect = resolve(preset=preset or DEFAULT.name, model=named)
    return Report(base_url, named, preset, limits, dialect, tuple(entries))


def _read(body: bytes | None) -> Any:
    try:
        return None if body is None else from_json(body)
    except ValueError:
        return None


async def _ask(upstream: UpstreamClient, report: Report, question: Question) -> None:
    """Ask, learn from a refusal, and ask once more where that changes the request."""
    for again in (False, True):
        sent = question.body(report.model, report.dialect)
        if sent is None:
            return
        answer = await _post(upstream, sent)
        if report.preset is None and (preset := preset_of_reply(answer.headers, answer.sample)) is not None:
            report.preset = preset
            report.dialect = resolve(preset=preset, model=report.model)
        if answer.refusal is None or again or question.refusal_is_the_answer:
            break
        lesson = learn(*answer.refusal, report.dialect, sent)
        if isinstance(lesson, OperatorError):
            report.findings[question.name] = lesson.message
            return
        if lesson is None:
            break
        report.dialect = apply(report.dialect, lesson)
    if question.essential and answer.error is not None:
        raise answer.error
    finding, switches = question.read(answer, report.dialect)
    report.findings[question.name] = finding
    report.dialect = dataclasses.replace(report.dialect, **read_switches(switches))


async def _post(upstream: UpstreamClient, body: Mapping[str, Any]) -> Answer:
    try:
        reply = await upstream.post_chat(body)
    except UpstreamError as error:
        if error.refusal is None:
            raise  # it cannot be reached
        return Answer({}, [], error)
    try:
        data = await reply.read(REPLY_BYTES)
    finally:
        await reply.aclose()
    return Answer(reply.headers, _chunks(data))


def _chunks(data: bytes) -> list[JSON]:
    if data.lstrip()[:1] in (b"{", b"["):
        documents = [data]
    else:
        decoder = Decoder()
        documents = [event for event, _ in (*decoder.receive(data), *decoder.flush()) if event.strip() != b"[DONE]"]
    return [chunk for document in documents if (chunk := parse(document)) is not None]


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{to_json(key).decode()} = {_toml(entry)}" for key, entry in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return to_json(value).decode()
