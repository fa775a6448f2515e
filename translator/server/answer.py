"""What an upstream answered to a question: its chunks, or a refusal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ..dialects import DEFAULT
from ..errors import UpstreamError
from ..responses_over_chat.chunks import open_reader
from ..responses_over_chat.deltas import Call, Delta, Finish, Text, Usage

JSON = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What came of a question: chunks (a completion is one), or a refusal."""

    headers: Mapping[str, str]
    chunks: list[JSON]
    error: UpstreamError | None = None

    @property
    def refusal(self) -> tuple[int, bytes] | None:
        """Its status and body."""
        return self.error.refusal if self.error is not None else None

    @property
    def sample(self) -> JSON | None:
        """The first chunk."""
        return self.chunks[0] if self.chunks else None

    @property
    def messages(self) -> list[JSON]:
        """The messages or deltas, as they came."""
        choices = [choice for chunk in self.chunks for choice in chunk.get("choices") or () if isinstance(choice, dict)]
        return [message for choice in choices if (message := choice.get("message") or choice.get("delta"))]

    @property
    def text(self) -> str:
        """The text of the answer, without thoughts."""
        return "".join(delta.text for delta in self._deltas if isinstance(delta, Text))

    @property
    def finish(self) -> str | None:
        """The finish reason."""
        return next((delta.reason for delta in self._deltas if isinstance(delta, Finish)), None)

    @property
    def calls(self) -> list[str]:
        """The names of the functions that were called, in order."""
        names = {delta.key: delta.name for delta in self._deltas if isinstance(delta, Call) and delta.name}
        return list(names.values())

    @property
    def has_usage(self) -> bool:
        """Whether some chunk has the usage, wherever in it."""
        return any(isinstance(delta, Usage) for delta in self._deltas)

    @cached_property
    def _deltas(self) -> list[Delta]:
        reader = open_reader(DEFAULT)
        return [*(delta for chunk in self.chunks for delta in reader.read(chunk)), *reader.finish()]
