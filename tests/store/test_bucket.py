"""Contents in a bucket: a stand-in for S3 on loopback."""

from __future__ import annotations

import logging
import re
import urllib.request
from collections.abc import AsyncIterator, Iterator

import pytest
from moto.server import ThreadedMotoServer

from translator.errors import StoreUnavailable
from translator.store import Bounds, File, Store
from translator.store.contents import ContentMissing
from translator.store.tables import loose_contents

from .conftest import Clock, Open
from .turns import TENANT, count

MEBIBYTE = 2**20


class S3:
    """The stand-in; it answers at `url`."""

    def __init__(self) -> None:
        self._server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
        self._server.start()
        self.url = "http://{}:{}".format(*self._server.get_host_and_port())
        self.ask("POST", "/moto-api/reset")
        self.ask("PUT", "/bucket")

    def ask(self, method: str, path: str) -> str:
        request = urllib.request.Request(f"{self.url}{path}", method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            said: str = answer.read().decode()
            return said

    def keys(self) -> list[str]:
        """What is in the bucket."""
        return re.findall(r"<Key>(.*?)</Key>", self.ask("GET", "/bucket?list-type=2"))

    def unfinished(self) -> list[str]:
        """What was begun to be sent and neither finished nor aborted."""
        return re.findall(r"<UploadId>(.*?)</UploadId>", self.ask("GET", "/bucket?uploads"))

    def stop(self) -> None:
        self._server.stop()


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[S3]:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    s3 = S3()
    for name, value in {
        "AWS_ENDPOINT_URL": s3.url,
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "a secret",
    }.items():
        monkeypatch.setenv(name, value)
    yield s3
    s3.stop()


@pytest.fixture
async def store(s3: S3, opened: Open, clock: Clock) -> Store:
    return await opened("memory:", bounds=Bounds(clock=clock), files="s3://bucket/of/files")


async def pieces(size: int, error: Exception | None = None) -> AsyncIterator[bytes]:
    for number in range(size // MEBIBYTE):
        yield bytes([number]) * MEBIBYTE
    if error is not None:
        raise error


async def test_a_file_is_kept_in_the_bucket_and_read_from_it(store: Store, clock: Clock, s3: S3) -> None:
    written = await store.files.write(TENANT, pieces(12 * MEBIBYTE), 20 * MEBIBYTE, "file")
    file = File(TENANT, "file-1", clock.now, written.size, "a", "user_data", (written.key,))
    await store.files.create(file)
    assert s3.keys() == [f"of/files/{written.key}"]
    read = [piece async for piece in store.files.read(file)]
    assert b"".join(read) == b"".join([piece async for piece in pieces(12 * MEBIBYTE)])
    assert max(map(len, read)) < 2 * MEBIBYTE
    assert await store.files.delete(TENANT, "file-1")
    assert s3.keys() == []


async def test_a_cut_upload_leaves_nothing_in_the_bucket(store: Store, s3: S3) -> None:
    with pytest.raises(ValueError, match="the client left"):
        await store.files.write(TENANT, pieces(12 * MEBIBYTE, ValueError("the client left")), 2**40, "file")
    assert (s3.keys(), s3.unfinished()) == ([], [])
    assert await count(store, loose_contents) == 0


async def test_data_that_items_bring_along_is_kept_there_too(store: Store, s3: S3) -> None:
    digest = await store.blobs.put(TENANT, b"x" * 100_000, ["resp_1"])
    assert len(s3.keys()) == 1
    assert await store.blobs.get(TENANT, digest) == b"x" * 100_000


async def test_a_bucket_that_fails_is_said_without_its_address(
    store: Store, opened: Open, clock: Clock, s3: S3, caplog: pytest.LogCaptureFixture
) -> None:
    written = await store.files.write(TENANT, pieces(MEBIBYTE), 2**40, "file")
    file = File(TENANT, "file-1", clock.now, written.size, "a", "user_data", (written.key,))
    await store.files.create(file)
    s3.ask("DELETE", f"/bucket/of/files/{written.key}")
    with pytest.raises(ContentMissing):
        [piece async for piece in store.files.read(file)]
    nowhere = await opened("memory:", files="s3://nowhere/at/all")
    with pytest.raises(StoreUnavailable, match="The bucket that keeps files cannot be reached"):
        await nowhere.files.write(TENANT, pieces(MEBIBYTE), 2**40, "file")
    assert s3.url not in caplog.text and "secret" not in caplog.text
