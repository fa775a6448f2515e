"""What is known of an upstream's dialect and its models' limits: configured, recognised, listed, learned."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic_core import from_json

from ..dialects import (
    DEFAULT,
    Dialect,
    Fact,
    Limits,
    add_entries,
    apply,
    fact_of_model,
    find_preset,
    limits_of,
    model_entries,
    preset_of_host,
    preset_of_models,
    preset_of_reply,
    remember,
    resolve,
)
from ..errors import StoreUnavailable
from ..store import LearnedFact, Store
from .settings import Upstream

JSON = Mapping[str, Any]

FACT = "dialect"
"""The name under which the store keeps what was learned of a model's dialect."""

MOST_MODELS = 1000
"""Clients may name any model: so many are remembered, the oldest is forgotten."""

TELLING_REPLIES = 8
"""How many replies are looked at to recognise an upstream: one that told nothing by then tells nothing later."""

_log = logging.getLogger(__name__)


class Known(NamedTuple):
    """What is known of one model of an upstream."""

    dialect: Dialect
    limits: Limits


class Knowledge:
    """What is known of one upstream. Nothing here asks it anything: whoever hears something tells it here."""

    def __init__(self, settings: Upstream) -> None:
        self._settings = settings
        self._preset = settings.preset or preset_of_host(settings.base_url)
        self._entries: Mapping[str, JSON] = {}
        self._facts: dict[str, tuple[Fact, ...]] = {}
        self._replies = 0  # looked at, to recognise the upstream by
        self._known: dict[str, Known] = {}
        self._store: Store | None = None
        self.place = settings.base_url.split("?")[0].rstrip("/")
        """What the upstream is called in the store: its address, without anything that may be a secret."""

    @property
    def recognised(self) -> bool:
        """Whether it is known whose upstream this is."""
        return self._preset is not None

    @property
    def list_beside(self) -> str | None:
        """The path of a list of the server's own, outside `/v1`, that tells more of its models."""
        return None if self._preset is None else find_preset(self._preset).list_beside

    def of(self, model: str) -> Known:
        """What is known of a model, by the upstream's name for it."""
        known = self._known.get(model)
        if known is None:
            if len(self._known) >= MOST_MODELS:
                self._known.clear()
            known = self._known[model] = self._resolve(model)
        return known

    def read_list(self, body: bytes | None) -> None:
        """Take in the upstream's list of models, None where it has none."""
        try:
            listed = None if body is None else from_json(body)
        except ValueError:
            return
        self._entries = model_entries(listed)
        self._recognise(preset_of_models(listed))
        self._known.clear()

    def read_beside(self, body: bytes | None) -> None:
        """Take in what the server's own list adds: entries by their ids, or one object that holds for all models."""
        try:
            listed = None if body is None else from_json(body)
        except ValueError:
            return
        self._entries = add_entries(self._entries, listed)
        self._known.clear()

    def read_reply(self, headers: Mapping[str, str], chunk: JSON | None) -> None:
        """Take in what the first replies tell by their headers and first chunks, until the upstream is recognised."""
        if not self.recognised and self._replies < TELLING_REPLIES:
            self._replies += 1
            self._recognise(preset_of_reply(headers, chunk))

    def read_refusal(self, headers: Mapping[str, str]) -> bool:
        """Take in what the headers of a refusal tell; whether the upstream is recognised by them just now."""
        if self.recognised or not headers:
            return False
        self._recognise(preset_of_reply(headers))
        return self.recognised

    @contextlib.contextmanager
    def supposing(self, model: str, fact: Fact) -> Iterator[None]:
        """As if the fact had been learned, within; only for what does not wait."""
        known = self.of(model)
        self._known[model] = known._replace(dialect=apply(known.dialect, fact))
        try:
            yield
        finally:
            self._known[model] = known

    async def learn(self, model: str, fact: Fact) -> None:
        """Remember what a refusal taught of a model."""
        facts = remember(self._facts.pop(model, ()), fact)
        while len(self._facts) >= MOST_MODELS:
            self._facts.pop(next(iter(self._facts)))
        self._facts[model] = facts
        self._known.pop(model, None)
        changes = ", ".join(f"{switch} = {value}" for switch, value in fact.to_json()["changes"].items())
        _log.warning("upstream %s, model %s: learned %s", self._settings.name, model[:128], changes)
        if self._store is not None and self._store.keeps:
            try:
                value = [known.to_json() for known in facts]
                await self._store.learned.learn(LearnedFact(self.place, model, FACT, value))
            except StoreUnavailable:
                _log.warning("what was learned of upstream %s could not be stored", self._settings.name)

    def recall(self, store: Store, facts: Sequence[LearnedFact]) -> None:
        """Take in what the store holds, and keep there what will be learned."""
        self._store = store
        for stored in facts:
            if stored.upstream == self.place and stored.name == FACT:
                self._facts[stored.model] = tuple(read_facts(stored))
        self._known.clear()

    def _recognise(self, preset: str | None) -> None:
        if self._preset is None and preset is not None:
            _log.info("upstream %s speaks as %s does", self._settings.name, preset)
            self._preset = preset
            self._known.clear()

    def _resolve(self, model: str) -> Known:
        entry = self._entry(model)
        switches = self._settings.dialect
        facts = list(self._facts.get(model, ()))
        if entry is not None and (listed := fact_of_model(entry)) is not None:
            facts.insert(0, _without(listed, switches))
        dialect = resolve(preset=self._preset or DEFAULT.name, model=model, overrides=switches, facts=facts)
        return Known(dialect, Limits() if entry is None else limits_of(entry))

    def _entry(self, model: str) -> JSON | None:
        entry = self._entries.get(model.removeprefix("models/"))
        if entry is None and len(self._entries) == 1:
            (entry,) = self._entries.values()  # an engine that serves one model serves it under every name
        return entry


def read_facts(stored: LearnedFact) -> list[Fact]:
    """The facts of a row; those that another version wrote and this one cannot read are passed over."""
    facts = []
    for value in stored.value if isinstance(stored.value, list) else ():
        try:
            facts.append(Fact.from_json(value))
        except (ValueError, AttributeError):
            _log.info("a learned fact of another version is passed over")
    return facts


def _without(fact: Fact, switches: JSON) -> Fact:
    """What the model list says, as far as the settings say nothing of it."""
    return Fact({switch: value for switch, value in fact.changes.items() if switch not in switches}, fact.because)
