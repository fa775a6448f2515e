"""What files cost: the memory of a large upload and download, and the time to read documents."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from translator.documents.limits import Limits
from translator.server.documents import Documents

from ..documents import made
from ..servers import completion
from .test_files import HEAD, NAMED, PURPOSE, form

MEBIBYTE = 2**20
SIZE = 500 * MEBIBYTE
LIMIT = 100 * MEBIBYTE

pytestmark = pytest.mark.slow


@contextmanager
def run(directory: Path, *options: str) -> Iterator[tuple[int, int]]:
    """The port and the process id of a server that serves nobody else."""
    command = [sys.executable, "-m", "translator", "serve", "--port", "0"]
    command += ["--store", f"sqlite:///{directory / 'store.db'}", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        found = re.search(r":(\d+)/v1", process.stdout.readline())
        assert found is not None
        try:
            yield int(found[1]), process.pid
        finally:
            process.terminate()


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[tuple[int, int]]:
    with run(tmp_path) as started:
        yield started


def peak(pid: int) -> int:
    """The most memory that a process ever had at once, in bytes."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def test_a_large_upload_and_its_download_take_little_memory(
    serving: tuple[int, int], capsys: pytest.CaptureFixture[str]
) -> None:
    port, pid = serving
    head, _, tail = form(PURPOSE, (NAMED, b"|")).partition(b"|")
    piece = bytes(MEBIBYTE)

    def body() -> Iterator[bytes]:
        yield head
        for _ in range(SIZE // MEBIBYTE):
            yield piece
        yield tail

    with httpx.Client(base_url=f"http://127.0.0.1:{port}/v1", timeout=60) as client:
        small = client.post("/files", content=form(PURPOSE, (NAMED, piece)), headers=HEAD)
        assert small.status_code == 200  # what is imported once is imported now
        before, began = peak(pid), time.monotonic()
        length = {"content-length": str(len(head) + SIZE + len(tail))}
        file = client.post("/files", content=body(), headers={**HEAD, **length}).json()
        uploaded, up = time.monotonic() - began, peak(pid) - before
        began, size = time.monotonic(), 0
        with client.stream("GET", f"/files/{file['id']}/content") as answer:
            for data in answer.iter_raw():
                size += len(data)
        downloaded, down = time.monotonic() - began, peak(pid) - before
    with capsys.disabled():
        for way, seconds, more in (("up", uploaded, up), ("down", downloaded, down)):
            print(f"\n500 MiB {way} in {seconds:.1f} s; the server's peak grew by {more / MEBIBYTE:.1f} MiB", end="")
    assert file["bytes"] == size == SIZE
    assert max(up, down) < LIMIT


class Swallowing(BaseHTTPRequestHandler):
    """An upstream that takes files of any size and keeps nothing of them but how large the last one was."""

    size = 0

    def do_POST(self) -> None:
        left = length = int(self.headers["content-length"])
        while left:
            left -= len(self.rfile.read(min(left, MEBIBYTE)))
        if self.path.endswith("/files"):
            type(self).size = length
        answer = json.dumps({**completion("Read."), "id": "file-1"}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def swallowing() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Swallowing) as upstream:
        threading.Thread(target=upstream.serve_forever).start()
        yield f"http://127.0.0.1:{upstream.server_port}/v1"
        upstream.shutdown()


def test_a_large_file_that_is_given_to_the_upstream_takes_little_memory(
    swallowing: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "translator.toml"
    config.write_text(f'[[upstreams]]\nbase_url = "{swallowing}"\n[upstreams.dialect]\nfile = "upload"\n')
    with run(tmp_path, "--config", str(config)) as (port, pid):
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}/v1", timeout=60)

        def ask(*pieces: bytes) -> float:
            head, _, tail = form(PURPOSE, (NAMED, b"|")).partition(b"|")
            length = {"content-length": str(len(head) + sum(map(len, pieces)) + len(tail))}
            made = client.post("/files", content=iter([head, *pieces, tail]), headers={**HEAD, **length}).json()
            items = [{"role": "user", "content": [{"type": "input_file", "file_id": made["id"]}]}]
            began = time.monotonic()
            assert client.post("/responses", json={"model": "m", "input": items}).status_code == 200
            return time.monotonic() - began

        ask(b"%PDF-1.4")
        before = peak(pid)
        seconds = ask(b"%PDF-1.4", *[bytes(MEBIBYTE)] * (SIZE // MEBIBYTE))
        more = peak(pid) - before
        client.close()
    with capsys.disabled():
        print(f"\n500 MiB given in {seconds:.1f} s; the server's peak grew by {more / MEBIBYTE:.1f} MiB", end="")
    assert Swallowing.size > SIZE
    assert more < LIMIT


LINE = "The quick brown fox jumps over the lazy dog, and the dog does not mind at all. "
DOCUMENTS = {
    "a page of PDF": ("a.pdf", made.pdf(LINE)),
    "200 pages of PDF": ("a.pdf", made.pdf(*[LINE * 40] * 200)),
    "20 scanned pages": ("scan.pdf", made.scanned_pdf(20)),
    "a Word document": ("a.docx", made.word()),
    "a spreadsheet": ("a.xlsx", made.sheets()),
    "a page of text": ("a.txt", LINE.encode() * 40),
}


async def read(documents: Documents, key: str, name: str, data: bytes) -> float:
    async def pieces() -> AsyncIterator[bytes]:
        yield data

    began = time.monotonic()
    await documents.read(key, name, pieces, images=True)
    return time.monotonic() - began


async def test_documents_are_read_in_little_time(capsys: pytest.CaptureFixture[str]) -> None:
    documents = Documents(Limits())
    for title, (name, data) in DOCUMENTS.items():
        times = [await read(documents, f"{title} {turn}", name, data) for turn in range(3)]
        again = await read(documents, f"{title} 0", name, data)
        with capsys.disabled():
            print(f"\n{title}: {min(times) * 1000:.0f} ms in a process of its own, {again * 1e6:.0f} µs again", end="")
        assert min(times) < 5
        assert again < min(times)


async def test_the_server_goes_on_while_documents_are_read(capsys: pytest.CaptureFixture[str]) -> None:
    documents = Documents(Limits())
    longest = 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            began = time.monotonic()
            await asyncio.sleep(0.001)
            longest = max(longest, time.monotonic() - began)

    watching = asyncio.create_task(watch())
    name, data = DOCUMENTS["200 pages of PDF"]
    await asyncio.gather(*(read(documents, str(number), name, data) for number in range(4)))
    watching.cancel()
    with capsys.disabled():
        print(f"\nwhile four documents were read nobody waited longer than {longest * 1000:.0f} ms", end="")
    assert longest < 0.5
