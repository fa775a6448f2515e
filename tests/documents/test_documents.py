"""Documents, good and hostile, read by the process that the server reads them in."""

from __future__ import annotations

import asyncio
import dataclasses
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.documents.kinds import TITLES, kind_of
from translator.documents.limits import Limits, Unreadable
from translator.server.documents import Documents, Reading

from . import made

LIMITS = Limits(memory=512 * 2**20, seconds=10)


async def read(name: str, data: bytes, *, images: bool = False, limits: Limits = LIMITS, **changes: int) -> Reading:
    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(data), 65_536):
            yield data[start : start + 65_536]

    return await Documents(dataclasses.replace(limits, **changes)).read("key", name, pieces, images=images)


def text(reading: Reading) -> str:
    return "".join(part["text"] for part in reading.parts)


@pytest.mark.parametrize(
    ("name", "data", "kind", "said"),
    [
        ("a.pdf", made.pdf("one", "two"), "pdf", "--- page 1 of 2 ---\none\n--- page 2 of 2 ---\ntwo\n"),
        ("a.docx", made.word(), "docx", "## The plan\nBuy a bridge.\nprice | one million\n"),
        (
            "a.pptx",
            made.slides(),
            "pptx",
            "--- slide 1 of 2 ---\nSlide title 1\npoint 1\n"
            "--- slide 2 of 2 ---\nSlide title 2\npoint 2\nNotes: speak slowly\n",
        ),
        ("a.xlsx", made.sheets(), "xlsx", '--- sheet "Sales" ---\n"amount, net",7\n--- sheet "Empty" ---\n'),
        ("a.html", b"<h1>Hi</h1><script>no()</script><p>you <b>there</b></p>", "html", "# Hi\n\nyou **there**\n"),
        ("a.csv", b"a,b\n1,2\n", "text", "a,b\n1,2\n"),
        ("a.json", b'{"a": 1}', "text", '{"a": 1}\n'),
        ("a.md", "# Schön\n".encode(), "text", "# Schön\n"),
        ("a.txt", "marked".encode("utf-16"), "text", "marked\n"),
        ("a.txt", "\ufeffmarked".encode(), "text", "marked\n"),
        ("a.txt", "old Windows: ä".encode("cp1252"), "text", "old Windows: ä\n"),
        ("unnamed", made.pdf("by its content"), "pdf", "--- page 1 of 1 ---\nby its content\n"),
        ("main.py", b"print('code')\n", "text", "print('code')\n"),
    ],
    ids=lambda value: value if isinstance(value, str) and len(value) < 20 else "",
)  # fmt: skip
async def test_a_document_is_read_as_text_with_its_marks(name: str, data: bytes, kind: str, said: str) -> None:
    reading = await read(name, data)
    assert (reading.kind, text(reading), reading.full) == (kind, said, False)


async def test_pages_without_text_are_pictures_where_they_can_be_seen() -> None:
    reading = await read("scan.pdf", made.scanned_pdf(2), images=True)
    assert [sorted(part) for part in reading.parts] == [["text"], ["image", "type"]] * 2
    assert reading.parts[1]["type"] == "image/jpeg"
    with pytest.raises(Unreadable, match="has no text, and the upstream takes no pictures"):
        await read("scan.pdf", made.scanned_pdf(1))


async def test_no_more_is_told_than_the_limits_say() -> None:
    long = await read("a.txt", b"x" * 1000, characters=100)
    assert (text(long), long.full) == ("x" * 100, True)
    pictures = await read("a.pdf", made.scanned_pdf(3), images=True, limits=dataclasses.replace(LIMITS, images=1))
    assert pictures.full and sum("image" in part for part in pictures.parts) == 1
    pages = await read("a.pdf", made.pdf("one", "two", "three"), characters=30)
    assert pages.full and len(text(pages)) == 30


UNREADABLE: list[tuple[str, bytes | Callable[[], bytes], str]] = [  # what takes long to make is made by its test
    ("broken.pdf", b"%PDF-1.7\nnothing behind it", "is a broken PDF"),
    ("cut.pdf", made.pdf("one", "two")[:400], "broken PDF|is empty"),
    ("secret.pdf", made.encrypted_pdf(), "is encrypted"),
    ("secret.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000), "is encrypted"),
    ("blank.pdf", made.pdf("", ""), "has no text|is empty"),
    ("long.pdf", lambda: made.pdf(*["x"] * 10_000), "has 10000 pages, and 1000 is the most"),
    ("text.pdf", b"this is no PDF", "is named like a PDF, but it is plain text"),
    ("table.csv", made.pdf("x"), "is named like plain text, but it is a PDF"),
    ("report.docx", made.sheets(), "is named like a Word document, but it is a spreadsheet"),
    ("program.txt", b"\x7fELF" + bytes(range(256)), "is named like plain text, but it is of no kind"),
    ("program", b"MZ" + bytes(100), "is of no kind that can be read"),
    ("picture.png", made.PNG, "is an image"),
    ("files.zip", made.archive({"a.txt": "a"}), "is an archive and no Office file"),
    ("broken.docx", b"PK\x03\x04" + bytes(100), "is a broken archive"),
    ("half.docx", made.word()[:3000], "is a broken archive"),
    ("hollow.docx", made.archive({"word/document.xml": "<w/>"}), "is broken"),
    ("bomb.docx", made.bomb, "unpacks to 629145600 bytes"),
    (
        "many.xlsx",
        lambda: made.archive({"xl/workbook.xml": "", **dict.fromkeys(map(str, range(20_001)), "")}),
        "in 20002",
    ),
    ("laughs.docx", made.laughing_word(), "is empty|is broken"),
    ("spy.docx", made.spying_word("/etc/hostname"), "is empty|is broken"),
    ("wide.xlsx", made.sheets(cell="XFD1048576"), "takes more memory"),
    (
        "large.xlsx",
        made.sheets(cell="ZZ100000"),
        "takes more memory",
    ),  # 70 million cells, which this machine could hold
    ("deep.html", b"<html>" + b"<div>" * 100_000, "nested too deeply|longer than|is empty"),
    ("empty.txt", b"", "is empty"),
    ("blank.txt", b" \n\n ", "is empty"),
]


@pytest.mark.parametrize(("name", "data", "fault"), UNREADABLE, ids=[name for name, _, _ in UNREADABLE])
async def test_what_cannot_be_read_is_said_in_bounded_time(
    name: str, data: bytes | Callable[[], bytes], fault: str
) -> None:
    data = data if isinstance(data, bytes) else data()
    before = time.monotonic()
    with pytest.raises(Unreadable, match=fault):
        await read(name, data)
    assert time.monotonic() - before < LIMITS.seconds + 5


async def test_a_page_that_explodes_takes_no_more_memory_than_it_may() -> None:
    bomb = made.exploding_pdf()
    assert len(bomb) < 10_000
    with pytest.raises(Unreadable, match=r"takes more memory|is empty|has no text"):
        await read("bomb.pdf", bomb, memory=256 * 2**20)


def test_the_process_holds_itself_to_its_limits(tmp_path: Path) -> None:
    code = (
        "import sys; from translator.documents.worker import confine; from translator.documents.limits import Limits\n"
        "confine(Limits(memory=300 * 2**20, seconds=7))\n"
        "try: bytearray(400 * 2**20)\n"
        "except MemoryError: print('no more memory')\n"
        "try: open(sys.argv[1], 'wb').write(b'x' * 10_000)\n"
        "except OSError as error: print(error.strerror)\n"
        "import resource; print(resource.getrlimit(resource.RLIMIT_CPU))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "written")]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout
    assert said.splitlines() == ["no more memory", "File too large", "(7, 8)"]


async def test_reading_that_takes_too_long_is_ended() -> None:
    rows = "".join(f"<tr><td>{'<b>x</b>' * 20}</td></tr>" for _ in range(20_000))
    before = time.monotonic()
    with pytest.raises(Unreadable, match="takes longer than 1 seconds"):
        await read("slow.html", f"<table>{rows}</table>".encode(), seconds=1)
    assert time.monotonic() - before < 8  # of which five are for a busy machine


async def test_a_reader_that_goes_away_takes_its_process_along() -> None:
    documents = Documents(LIMITS)
    began = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        began.set()
        while True:
            yield b"x"
            await asyncio.sleep(0.01)

    task = asyncio.create_task(documents.read("key", "a.txt", endless, images=False))
    await began.wait()
    assert len(_children()) == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert _children() == []


def _children() -> list[str]:
    """The processes that this test has, where the system says so."""
    return Path(f"/proc/self/task/{threading.get_native_id()}/children").read_text().split()


async def test_what_was_read_is_not_read_again() -> None:
    documents = Documents(LIMITS)
    opened = 0

    async def pieces() -> AsyncIterator[bytes]:
        nonlocal opened
        opened += 1
        yield b"once"

    first = await documents.read("key", "a.txt", pieces, images=False)
    assert await documents.read("key", "a.txt", pieces, images=False) is first
    await documents.read("another", "a.txt", pieces, images=False)
    assert opened == 2


async def test_bytes_that_cannot_be_had_are_no_fault_of_the_document() -> None:
    async def gone() -> AsyncIterator[bytes]:
        yield b"x"
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        await Documents(LIMITS).read("key", "a.txt", gone, images=False)


@given(st.sampled_from(["a.pdf", "a.docx", "a.txt", "a.html", "a", "a.png"]), st.binary(max_size=300))
def test_every_file_has_a_kind_or_a_fault(name: str, data: bytes) -> None:
    for start in (b"", b"PK\x03\x04", b"%PDF-1.4\n", b"\xff\xfe"):
        try:
            assert kind_of(name, start + data) in TITLES
        except Unreadable as fault:
            assert str(fault)
