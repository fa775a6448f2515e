"""What upstreams were given to keep, and is deleted there again."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from openai import OpenAI

from ...documents import made
from ...servers import wait_until
from .asking import PLAN, Start, ask, by_id, client_of, inline, upload
from .keeping import KeepingUpstream


def test_a_file_that_is_deleted_is_deleted_at_the_upstream(client: OpenAI, keeping: KeepingUpstream) -> None:
    id, other = upload(client), upload(client, made.pdf("sell a bridge"))
    ask(client, by_id(id), by_id(other))
    client.files.delete(id)
    assert list(keeping.files) == ["file-up2"]


def test_what_could_not_be_deleted_is_deleted_later(
    start: Start, keeping: KeepingUpstream, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("translator.server.copies.SWEEP_SECONDS", 0.05)

    def known() -> list[str]:
        with closing(sqlite3.connect(tmp_path / "store.db")) as database:
            return [id for (id,) in database.execute("SELECT id FROM translator_copies")]

    with client_of(start()) as client:
        id, other = upload(client), upload(client, made.pdf("sell a bridge"))
        ask(client, by_id(id), by_id(other))
        for _ in range(3):
            keeping.reply({"error": {"message": "Later."}}, 503)
        client.files.delete(id)
        assert len(keeping.files) == 2
        wait_until(lambda: list(keeping.files) == ["file-up2"])
        wait_until(lambda: known() == ["file-up2"])


def test_what_only_this_process_knows_of_is_deleted_when_it_ends(start: Start, keeping: KeepingUpstream) -> None:
    for store in ("none", "memory:"):
        server = start(store=store)
        with client_of(server) as client:
            ask(client, inline())
            ask(client, inline())
        assert len(keeping.files) == 1
        server.stop()
        assert keeping.files == {}
    assert keeping.count("POST") == 2


def test_an_upstream_that_deletes_nothing_now_is_not_asked_for_all_of_it(
    start: Start, keeping: KeepingUpstream
) -> None:
    server = start(store="none")
    with client_of(server) as client:
        ask(client, *[inline(PLAN + bytes([number])) for number in range(30)])
    for _ in range(30):
        keeping.reply({"error": {"message": "Later."}}, 503)
    server.stop()
    assert 1 <= keeping.count("DELETE") < 20


def test_what_the_store_knows_of_stays_when_the_server_ends(start: Start, keeping: KeepingUpstream) -> None:
    server = start()
    with client_of(server) as client:
        ask(client, inline())
    server.stop()
    assert len(keeping.files) == 1
