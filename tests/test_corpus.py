"""The corpus: what each case translates to, as it stands on the wire, is in `snapshots/`."""

from __future__ import annotations

from pathlib import Path

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.data import Snapshot, SnapshotCollection
from syrupy.extensions.single_file import SingleFileSnapshotExtension
from syrupy.location import PyTestLocation
from syrupy.types import SnapshotIndex

from translator.corpus import render

from .cases import Case, load

SNAPSHOTS = Path(__file__).parent.parent / "snapshots"


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    # not by the call's `extension_class`, which is forgotten when unused snapshots are looked for
    return snapshot.use_extension(WireSnapshotExtension)


CASES = [*load("responses_over_chat"), *load("chat_over_responses")]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_case_translates_to_its_snapshots(case: Case, snapshot: SnapshotAssertion) -> None:
    files = render(case)
    assert (case.upstream is None) == ("upstream_request.json" not in files), (
        "what is refused, and that alone, is not asked"
    )
    for name, content in files.items():
        assert content == snapshot(name=f"{case}/{name}")


def test_no_snapshot_is_left_of_a_case_that_is_gone() -> None:
    # syrupy itself looks for unused snapshots only where no test is deselected, and the default run leaves out some
    used = {f"{case}/{name}" for case in CASES for name in render(case)}
    found = {
        path.relative_to(SNAPSHOTS).as_posix() for path in SNAPSHOTS.rglob("*") if path.is_file() and _is_snapshot(path)
    }
    assert found <= used, "delete them"


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
        return _is_snapshot(Path(filepath))

    def read_snapshot_collection(self, *, snapshot_location: str) -> SnapshotCollection:
        collection = SnapshotCollection(location=snapshot_location)
        collection.add(Snapshot(name=_name(Path(snapshot_location).relative_to(SNAPSHOTS).as_posix())))
        return collection


def _is_snapshot(path: Path) -> bool:
    """Whether a file below `snapshots/` is one; what stands beside the exchanges' folders tells of them."""
    return path.parent != SNAPSHOTS


def _name(path: str) -> str:
    """A snapshot's name; syrupy wants it to begin with the test's."""
    return f"{test_a_case_translates_to_its_snapshots.__name__}[{path}]"
