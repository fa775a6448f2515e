"""Good documents with something wrong anywhere in them: each is read, or said to be unreadable."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator

import pytest

from translator.documents.limits import Limits, Unreadable
from translator.server.documents import Documents

from . import made

GOOD = {
    "a.pdf": made.pdf("one", "two"),
    "scan.pdf": made.scanned_pdf(1),
    "a.docx": made.word(),
    "a.pptx": made.slides(),
    "a.xlsx": made.sheets(),
    "a.html": b"<html><h1>Hi</h1><table><tr><td>x</td></tr></table></html>",
}


def spoiled(data: bytes, seed: int) -> bytes:
    """The data with bytes changed, taken out or repeated."""
    chance = random.Random(seed)
    changed = bytearray(data)
    for _ in range(chance.randint(1, 20)):
        at = chance.randrange(len(changed))
        match chance.randrange(3):
            case 0:
                changed[at] = chance.randrange(256)
            case 1:
                del changed[at : at + chance.randint(1, 50)]
            case _:
                changed[at:at] = changed[at : at + chance.randint(1, 50)]
        if not changed:
            break
    return bytes(changed)


@pytest.mark.slow
@pytest.mark.parametrize("name", GOOD)
async def test_a_spoiled_document_is_read_or_said_to_be_unreadable(name: str) -> None:
    documents = Documents(Limits(memory=512 * 2**20, seconds=10))
    read, faults = 0, set()
    for seed in range(40):
        data = spoiled(GOOD[name], seed)

        async def pieces(data: bytes = data) -> AsyncIterator[bytes]:
            yield data

        try:
            reading = await documents.read(str(seed), name, pieces, images=True)
            assert reading.parts
            read += 1
        except Unreadable as fault:
            faults.add(str(fault))
    assert all(": " in fault or fault.endswith(("empty", "pages")) for fault in faults), faults  # the way out
    print(f"\n{name}: {read} of 40 read; the others {sorted(faults)}", end="")
