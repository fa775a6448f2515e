from __future__ import annotations

import re

import pytest

from translator.mapping.call_ids import CallIds, Shape

LONG = "call_" + "x" * 60


@pytest.mark.parametrize(("shape", "pattern"), [("alnum9", "[A-Za-z0-9]{9}"), ("max40", ".{1,40}")])
def test_an_id_gets_the_shape_the_upstream_takes_and_the_same_one_each_time(shape: Shape, pattern: str) -> None:
    ids = CallIds(shape)
    shaped = ids.shaped(LONG)
    assert re.fullmatch(pattern, shaped)
    assert ids.shaped(LONG) == shaped
    assert CallIds(shape).shaped(LONG) == shaped


@pytest.mark.parametrize(("shape", "fitting"), [("alnum9", "aB3dE6gH9"), ("max40", "call_1"), ("keep", LONG)])
def test_an_id_that_fits_stays_as_it_is(shape: Shape, fitting: str) -> None:
    assert CallIds(shape).shaped(fitting) == fitting


def test_of_two_ids_that_would_become_one_the_later_gives_way() -> None:
    first = CallIds("alnum9").shaped(LONG)
    ids = CallIds("alnum9")
    assert ids.shaped(LONG) == first
    other = ids.shaped(first)  # it would fit, but is taken
    assert other != first
    assert re.fullmatch("[A-Za-z0-9]{9}", other)
    turned = CallIds("alnum9")
    assert turned.shaped(first) == first
    assert turned.shaped(LONG) != first
