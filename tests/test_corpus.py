"""The corpus: what each case translates to, as it stands on the wire, is in `snapshots/`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.data import Snapshot, SnapshotCollection
from syrupy.extensions.single_file import SingleFileSnapshotExtension
from syrupy.location import PyTestLocation
from syrupy.types import SnapshotIndex

from translator.errors import TranslatorError

from .cases import Case, load
from .playback import answer, play, translate, wire

SNAPSHOTS = Path(__file__).parent.parent / "snapshots"


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    # not by the call's `extension_class`, which is forgotten when unused snapshots are looked for
    return snapshot.use_extension(WireSnapshotExtension)


@pytest.mark.parametrize("case", load("responses_over_chat"), ids=str)
def test_a_case_translates_to_its_snapshots(case: Case, snapshot: SnapshotAssertion) -> None:
    for name, content in translations(case).items():
        assert content == snapshot(name=f"{case}/{name}")


def test_no_snapshot_is_left_of_a_case_that_is_gone() -> None:
    # syrupy itself looks for unused snapshots only where no test is deselected, and the default run leaves out some
    used = {f"{case}/{name}" for case in load("responses_over_chat") for name in translations(case)}
    found = {path.relative_to(SNAPSHOTS).as_posix() for path in SNAPSHOTS.rglob("*") if path.is_file()}
    assert found <= used, "delete them"


def translations(case: Case) -> dict[str, bytes]:
    """The files that a case becomes, by name."""
    try:
        call = translate(case.request, case.dialect)
    except TranslatorError as error:
        assert case.upstream is None, f"refused, but there is an upstream answer: {error}"
        return {"response.json": pretty(error.body())}
    assert case.upstream is not None, "not refused, and nothing answers"
    files = {"upstream_request.json": pretty(call.chat_request)}
    reply = play(call, [case.upstream])
    files["events.sse"] = wire(reply.events)
    files["response.json"] = pretty(answer(call, case.upstream))
    if losses := [*call.losses, *reply.losses]:
        files["losses.txt"] = "".join(f"{loss.path}: {loss.reason}\n" for loss in losses).encode()
    return files


def pretty(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, indent=2).encode() + b"\n"


class WireSnapshotExtension(SingleFileSnapshotExtension):
    """Snapshots as plain files: a snapshot's index is its path below `snapshots/`."""

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        return str(SNAPSHOTS)

    @classmethod
    def get_location(cls, *, test_location: PyTestLocation, index: SnapshotIndex) -> str:
        return str(SNAPSHOTS / str(index))

    @classmethod
    def get_snapshot_name(cls, *, test_location: PyTestLocation, index: SnapshotIndex = 0) -> str:
        return _name(str(index))

    @classmethod
    def matches_test_location(cls, *, test_location: PyTestLocation, snapshot_location: str) -> bool:
        return test_location.basename == Path(__file__).stem

    def owns_snapshot_collection(self, *, filepath: str, test_location: PyTestLocation) -> bool:
        # every file there; its own rule looks for one extension, and an orphan would never be seen
        return True

    def read_snapshot_collection(self, *, snapshot_location: str) -> SnapshotCollection:
        collection = SnapshotCollection(location=snapshot_location)
        collection.add(Snapshot(name=_name(Path(snapshot_location).relative_to(SNAPSHOTS).as_posix())))
        return collection


def _name(path: str) -> str:
    """A snapshot's name; syrupy wants it to begin with the test's."""
    return f"{test_a_case_translates_to_its_snapshots.__name__}[{path}]"
