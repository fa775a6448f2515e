"""Clients that leave while their files are given to an upstream."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from ...servers import Exchange, RawClient, RunningServer, wait_until
from .asking import Start, ask, client_of, inline
from .keeping import KeepingUpstream


def test_a_client_that_leaves_ends_what_is_being_given_for_it(
    start: Start, keeping: KeepingUpstream, connect: Callable[[RunningServer], RawClient]
) -> None:
    arrived, closed = threading.Event(), threading.Event()

    def wait(exchange: Exchange) -> None:
        arrived.set()
        exchange.wait_closed(10)
        closed.set()

    keeping.answer(wait)
    raw = connect(start())
    raw.post("/v1/responses", {"model": "m", "input": [{"role": "user", "content": [inline()]}]})
    assert arrived.wait(10)
    raw.close()
    assert closed.wait(10)


def test_what_a_client_that_left_had_given_is_known(
    start: Start,
    keeping: KeepingUpstream,
    connect: Callable[[RunningServer], RawClient],
    caplog: pytest.LogCaptureFixture,
    tmp_path: Path,
) -> None:
    answering, left = threading.Event(), threading.Event()

    def answer_slowly(exchange: Exchange) -> None:
        exchange.begin()
        exchange.write(b'{"id": ')
        answering.set()
        left.wait(10)
        exchange.write(b'"file-slow"}')
        exchange.end()

    def known() -> bool:
        with closing(sqlite3.connect(tmp_path / "store.db")) as database:
            return database.execute("SELECT id FROM translator_copies").fetchall() == [("file-slow",)]

    keeping.answer(answer_slowly)
    raw = connect(start())
    with caplog.at_level("INFO"):
        raw.post("/v1/responses", {"model": "m", "input": [{"role": "user", "content": [inline()]}]})
        assert answering.wait(10)
        raw.close()
        wait_until(lambda: "client left" in caplog.text)
    left.set()
    wait_until(known)


def test_a_client_that_leaves_takes_nothing_from_another_with_the_same_content(
    start: Start, keeping: KeepingUpstream, connect: Callable[[RunningServer], RawClient]
) -> None:
    server = start()
    keeping.gate.clear()
    raw = connect(server)
    raw.post("/v1/responses", {"model": "m", "input": [{"role": "user", "content": [inline()]}]})
    wait_until(lambda: keeping.count("POST") == 1)
    with client_of(server) as client, ThreadPoolExecutor(1) as pool:
        other = pool.submit(ask, client, inline())
        raw.close()
        wait_until(lambda: keeping.count("POST") == 2)
        keeping.gate.set()
        assert other.result().status == "completed"
