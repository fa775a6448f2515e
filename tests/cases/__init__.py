"""The corpus: each folder is a case, a request with what an upstream answers to it; no Python knows them by name."""

from collections.abc import Sequence

from translator.corpus import Case, load

__all__ = ["Case", "load", "load_answered"]


def load_answered(exchange: str) -> Sequence[Case]:
    """The cases of an exchange whose request is not refused."""
    return [case for case in load(exchange) if case.upstream is not None]
