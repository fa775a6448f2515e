"""What the mirror's tests share."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture
def no_collection() -> Iterator[None]:
    """No garbage is collected meanwhile: how long that takes grows with all that there is."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()
