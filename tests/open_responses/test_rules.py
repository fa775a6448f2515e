"""Every rule has its tests, for every transport that it applies to."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections import defaultdict

import tests.open_responses

from .rules import BOTH, HTTP, RULES, WEBSOCKET


def proofs() -> dict[int, set[str]]:
    """The transports on which the tests of this package prove each rule."""
    found: dict[int, set[str]] = defaultdict(set)
    for module in pkgutil.iter_modules(tests.open_responses.__path__, "tests.open_responses."):
        for name, test in inspect.getmembers(importlib.import_module(module.name), inspect.isfunction):
            if (match := re.match(r"test_rule_(\d\d)_(\w+)", name)) is None:
                continue
            number = int(match[1])
            assert match[2].startswith(RULES[number].name), f"{name} is not named after rule {number}"
            if {"way", "any_way"} & inspect.signature(test).parameters.keys():
                found[number] |= BOTH
            elif name.endswith("_over_http"):
                found[number] |= HTTP
            elif name.endswith("_over_websocket"):
                found[number] |= WEBSOCKET
            else:
                raise AssertionError(f"{name} does not say over what it runs")
    return found


def test_every_rule_has_a_test_on_every_transport_it_applies_to() -> None:
    assert [*RULES] == [*range(1, len(RULES) + 1)]
    assert {number: set(rule.transports) for number, rule in RULES.items()} == proofs()
