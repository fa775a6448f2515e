from __future__ import annotations

import stat
from functools import partial
from pathlib import Path

import pytest
from platformdirs import user_data_path
from sqlalchemy import Connection, text

from tests.databases import postgres_schema
from translator.store import default_url

from .conftest import Open
from .turns import TENANT, save_chain


async def test_a_file_is_made_with_its_folders_for_its_owner_alone(tmp_path: Path, opened: Open) -> None:
    path = tmp_path / "new" / "folder" / "100%?# store.db"
    store = await opened(f"sqlite:///{path}")
    await save_chain(store, 1)
    assert store.location == str(path)
    assert store.keeps
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    for file in path.parent.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file.name


async def test_a_relative_path_and_the_home_folder_are_meant_as_people_write_them(
    tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert (await opened("sqlite:///here.db")).location == str(tmp_path / "here.db")
    assert (await opened("sqlite:///~/there.db")).location == str(tmp_path / "home" / "there.db")


@pytest.mark.parametrize(("synchronous", "number"), [("normal", 1), ("full", 2)])
async def test_how_much_a_commit_is_synchronised_is_a_setting(
    tmp_path: Path, opened: Open, synchronous: str, number: int
) -> None:
    store = await opened(f"sqlite:///{tmp_path / 'store.db'}", synchronous=synchronous)
    for pragma, value in (("synchronous", number), ("journal_mode", "wal")):
        query = text(f"PRAGMA {pragma}")
        assert await store._database.write(partial(Connection.scalar, statement=query)) == value


async def test_what_was_stored_is_there_when_it_is_opened_again(lasting_url: str, opened: Open) -> None:
    first = await opened(lasting_url)
    ids = await save_chain(first, 3)
    await first.close()
    again = await opened(lasting_url)
    assert [turn.id for turn in await again.responses.chain(TENANT, ids[-1])] == ids


@pytest.mark.postgres
async def test_where_things_are_kept_is_told_without_user_and_password(opened: Open) -> None:
    async with postgres_schema() as url:
        store = await opened(url)
        assert store.location.startswith("postgresql://")
        assert "@" not in store.location
        assert "?" not in store.location
        await store.close()


def test_the_default_is_a_file_in_the_users_data_folder() -> None:
    assert default_url() == f"sqlite:///{user_data_path('responses-translator', appauthor=False) / 'store.db'}"
