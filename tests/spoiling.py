"""Values that nobody expects, put into bodies at random."""

from __future__ import annotations

import copy
from random import Random
from typing import Any

_ODD: list[Any] = [
    None,
    0,
    -1,
    1.5,
    10**400,
    float("inf"),
    True,
    "",
    "x",
    [],
    [None],
    ["x"],
    {},
    {"type": "x"},
    {"text": 1},
    {"id": []},
    {"type": []},
]

_KEYS = ("id", "type", "content", "output", "tools")
"""What stands in many objects, and may be looked for in all."""


def spoil(value: Any, random: Random) -> None:
    """Replace, add or take away one thing, somewhere within."""
    if isinstance(value, dict) and random.random() < 0.1:
        value[random.choice(_KEYS)] = copy.deepcopy(random.choice(_ODD))
        return
    if isinstance(value, dict) and value:
        key: Any = random.choice(list(value))
    elif isinstance(value, list) and value:
        key = random.randrange(len(value))
    else:
        return
    if isinstance(value[key], dict | list) and value[key] and random.random() < 0.7:
        spoil(value[key], random)
    elif isinstance(value, dict) and random.random() < 0.3:
        del value[key]
    else:
        value[key] = copy.deepcopy(random.choice(_ODD))
