"""`/files` and `/uploads`, as the SDK and as bare clients use them."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from openai import BadRequestError, NotFoundError, OpenAI
from pydantic import ValidationError

from translator.server.app import PREFIXES
from translator.server.settings import Settings
from translator.store.files import BLOCK

from ..servers import Connect, RunningServer, Serve, wait_until

MEBIBYTE = 2**20
BOUNDARY = "frontier"


def sdk(server: RunningServer, key: str = "unused") -> OpenAI:
    return OpenAI(base_url=server.base_url, api_key=key, max_retries=0)


def contents(directory: Path) -> list[bytes]:
    """What is really on the disk."""
    return [path.read_bytes() for path in sorted(directory.rglob("*")) if path.is_file()]


def form(*parts: tuple[str, bytes], end: bool = True) -> bytes:
    """A multipart body: heads as they are in Content-Disposition, and bytes."""
    body = b"".join(
        b"--%b\r\nContent-Disposition: form-data; %b\r\n\r\n%b\r\n" % (BOUNDARY.encode(), head.encode(), data)
        for head, data in parts
    )
    return body + (f"--{BOUNDARY}--\r\n".encode() if end else b"")


HEAD = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "files"


@pytest.fixture
def server(serve: Serve, tmp_path: Path) -> RunningServer:
    return serve(
        store=f"sqlite:///{tmp_path / 'store.db'}",
        file_max_bytes=MEBIBYTE,
        files_tenant_max_bytes=3 * (MEBIBYTE + BLOCK),
    )


@pytest.fixture
def client(server: RunningServer) -> Iterator[OpenAI]:
    with sdk(server) as client:
        yield client


def test_the_sdk_uploads_lists_reads_and_deletes_a_file(client: OpenAI, kept: Path) -> None:
    made = client.files.create(
        file=("naïve notes.txt", b"some notes"),
        purpose="user_data",
        expires_after={"anchor": "created_at", "seconds": 3600},
    )
    assert (made.object, made.bytes, made.filename, made.purpose) == ("file", 10, "naïve notes.txt", "user_data")
    assert (made.status, made.expires_at) == ("processed", made.created_at + 3600)
    assert client.files.retrieve(made.id) == made
    assert client.files.list().data == [made]
    assert client.files.content(made.id).read() == b"some notes"
    assert contents(kept) == [b"some notes"]
    deleted = client.files.delete(made.id)
    assert (deleted.id, deleted.object, deleted.deleted) == (made.id, "file", True)
    assert contents(kept) == []
    for gone in (client.files.retrieve, client.files.content, client.files.delete):
        with pytest.raises(NotFoundError) as raised:
            gone(made.id)
        assert raised.value.code == "file_not_found"


def test_a_list_is_read_page_by_page_in_either_order_and_by_purpose(client: OpenAI) -> None:
    purposes = ("user_data", "vision", "user_data")
    made = [client.files.create(file=(f"{n}.txt", b"x"), purpose=p).id for n, p in enumerate(purposes)]  # type: ignore[arg-type]
    assert [file.id for file in client.files.list()] == made[::-1]
    assert [file.id for file in client.files.list(order="asc", limit=1)] == made  # the SDK turns the pages
    assert [file.id for file in client.files.list(purpose="vision")] == [made[1]]
    page = client.files.list(after=made[2], limit=1)
    assert ([file.id for file in page.data], page.has_more) == ([made[1]], True)
    with pytest.raises(BadRequestError, match="No item 'file-none'"):
        client.files.list(after="file-none")
    with pytest.raises(BadRequestError, match="'purpose'"):
        client.files.list(purpose="fun")


@pytest.mark.parametrize("prefix", PREFIXES)
def test_files_are_served_under_every_prefix(server: RunningServer, prefix: str) -> None:
    root = f"http://127.0.0.1:{server.port}{prefix}"
    made = httpx.post(f"{root}/files", files={"file": ("a.txt", b"a")}, data={"purpose": "user_data"}).json()
    assert httpx.get(f"{root}/files/{made['id']}/content").content == b"a"
    assert httpx.get(f"{root}/files").json()["last_id"] == made["id"]
    assert httpx.delete(f"{root}/files/{made['id']}").json()["deleted"] is True


def test_another_clients_file_does_not_exist(serve: Serve) -> None:
    server = serve(api_keys=("sk-one", "sk-two"))
    with sdk(server, "sk-one") as owner, sdk(server, "sk-two") as other:
        made = owner.files.create(file=("a.txt", b"mine"), purpose="user_data")
        upload = owner.uploads.create(bytes=1, filename="a", mime_type="text/plain", purpose="user_data")
        assert other.files.list().data == []
        for touch in (other.files.retrieve, other.files.content, other.files.delete):
            with pytest.raises(NotFoundError):
                touch(made.id)
        with pytest.raises(NotFoundError):
            other.uploads.parts.create(upload.id, data=b"x")
        with pytest.raises(NotFoundError):
            other.uploads.cancel(upload.id)
        with pytest.raises(BadRequestError):
            other.files.list(after=made.id)
        assert owner.files.content(made.id).read() == b"mine"


def test_the_fields_may_stand_behind_the_file(server: RunningServer) -> None:
    body = form(
        ('name="file"; filename="a.txt"', b"first"), ('name="purpose"', b"user_data"),
        ('name="expires_after[anchor]"', b"created_at"), ('name="expires_after[seconds]"', b"7200"),
    )  # fmt: skip
    made = httpx.post(f"{server.base_url}/files", content=body, headers=HEAD).json()
    assert made["expires_at"] - made["created_at"] == 7200


NAMED = 'name="file"; filename="a.txt"'
PURPOSE = ('name="purpose"', b"user_data")


@pytest.mark.parametrize(
    ("body", "status", "param"),
    [
        (form(PURPOSE), 400, "file"),
        (form((NAMED, b"x")), 400, "purpose"),
        (form((NAMED, b"x"), ('name="purpose"', b"fun")), 400, "purpose"),
        (form((NAMED, b"x"), (NAMED, b"y"), PURPOSE), 400, "file"),
        (form(('name="file"; filename=""', b"x"), PURPOSE), 400, "file"),
        (form((NAMED, b"x"), PURPOSE, ('name="expires_after[seconds]"', b"1")), 400, "expires_after.anchor"),
        (form((NAMED, b"x"), ('name="purpose"', b"\xff")), 400, "purpose"),
        (form((NAMED, b"x"), ('name="other"', b"y" * 10_000)), 400, "other"),
        (form(PURPOSE, (NAMED, b"x"), end=False), 400, None),
        (b"no form at all", 400, None),
        (form(PURPOSE, (NAMED, b"x" * (MEBIBYTE + 1))), 413, "file"),
        (form(PURPOSE, (NAMED, b"x" * (2 * MEBIBYTE))), 413, "file"),
    ],
)
def test_a_form_that_cannot_be_kept_is_refused_and_leaves_nothing(
    server: RunningServer, kept: Path, body: bytes, status: int, param: str | None
) -> None:
    answer = httpx.post(f"{server.base_url}/files", content=body, headers=HEAD)
    assert (answer.status_code, answer.json()["error"]["param"]) == (status, param)
    assert contents(kept) == []


def test_what_is_no_form_is_415(server: RunningServer) -> None:
    assert httpx.post(f"{server.base_url}/files", json={"purpose": "user_data"}).status_code == 415
    head = {"content-type": "multipart/form-data"}
    assert httpx.post(f"{server.base_url}/files", content=form(PURPOSE), headers=head).status_code == 415


def test_a_client_keeps_no_more_than_it_may(client: OpenAI, kept: Path) -> None:
    data = b"x" * (MEBIBYTE - 1)
    made = [client.files.create(file=("a", data), purpose="user_data") for _ in range(3)]
    with pytest.raises(Exception, match="no room"):
        client.files.create(file=("a", data), purpose="user_data")
    assert len(contents(kept)) == 3
    client.files.delete(made[0].id)
    client.files.create(file=("a", data), purpose="user_data")


def test_a_cut_upload_leaves_nothing_behind(server: RunningServer, connect: Connect, kept: Path) -> None:
    body = form(PURPOSE, (NAMED, b"x" * 500_000))
    client = connect(server)
    client.post("/v1/files", body[:-100_000], {**HEAD, "content-length": str(len(body))})
    wait_until(lambda: sum(map(len, contents(kept))) > 100_000)  # it is being written
    client.close()
    wait_until(lambda: contents(kept) == [])
    wait_until(lambda: server.running == 0)
    assert httpx.get(f"{server.base_url}/files").json()["data"] == []


def test_without_a_store_files_are_refused_in_words(serve: Serve) -> None:
    server = serve(store="none")
    with sdk(server) as client:
        for refused in (
            lambda: client.files.create(file=("a", b"x"), purpose="user_data"),
            lambda: client.files.list(),
            lambda: client.files.retrieve("file-x"),
            lambda: client.uploads.create(bytes=1, filename="a", mime_type="text/plain", purpose="user_data"),
        ):
            with pytest.raises(BadRequestError, match="keeps no files") as raised:
                refused()
            assert raised.value.code == "files_not_kept"


def test_in_memory_content_goes_with_the_server(serve: Serve) -> None:
    server = serve(store="memory:")
    with sdk(server) as client:
        made = client.files.create(file=("a.txt", b"for now"), purpose="user_data")
        assert client.files.content(made.id).read() == b"for now"


def test_content_is_never_shown_by_a_browser_as_what_it_claims_to_be(server: RunningServer, client: OpenAI) -> None:
    made = client.files.create(file=('"a\\".html', b"<script>"), purpose="user_data")
    answer = httpx.get(f"{server.base_url}/files/{made.id}/content")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment;")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_sdk_uploads_a_large_file_in_parts(client: OpenAI, kept: Path, tmp_path: Path) -> None:
    data = bytes(range(256)) * 8192
    path = tmp_path / "large.bin"
    path.write_bytes(data)
    done = client.uploads.upload_file_chunked(
        file=path, mime_type="application/octet-stream", purpose="user_data", part_size=MEBIBYTE,
        md5=hashlib.md5(data).hexdigest(),
    )  # fmt: skip
    assert done.status == "completed" and done.file is not None
    assert (done.file.bytes, done.file.filename) == (len(data), "large.bin")
    assert client.files.content(done.file.id).read() == data
    assert len(contents(kept)) == 2
    client.files.delete(done.file.id)
    assert contents(kept) == []


def test_an_upload_that_does_not_add_up_is_refused_and_can_be_mended(client: OpenAI, kept: Path) -> None:
    upload = client.uploads.create(bytes=4, filename="a", mime_type="text/plain", purpose="user_data")
    assert (upload.object, upload.status, upload.expires_at) == ("upload", "pending", upload.created_at + 3600)
    first, second = (client.uploads.parts.create(upload.id, data=data).id for data in (b"ab", b"cd"))
    client.uploads.parts.create(upload.id, data=b"??")
    for part_ids, param in (([first], "part_ids"), ([first, first], "part_ids[1]"), (["part_x"], "part_ids[0]")):
        with pytest.raises(BadRequestError) as raised:
            client.uploads.complete(upload.id, part_ids=part_ids)
        assert raised.value.param == param
    with pytest.raises(BadRequestError, match="MD5"):
        client.uploads.complete(upload.id, part_ids=[first, second], md5="0" * 32)
    done = client.uploads.complete(upload.id, part_ids=[second, first])
    assert done.file is not None and client.files.content(done.file.id).read() == b"cdab"
    assert sorted(contents(kept)) == [b"ab", b"cd"]  # and the spare part is gone
    with pytest.raises(BadRequestError, match="is completed"):
        client.uploads.parts.create(upload.id, data=b"e")
    with pytest.raises(BadRequestError, match="is completed"):
        client.uploads.cancel(upload.id)


@pytest.mark.parametrize("filename", ["a\0", "a\r\nb", "\u202egpj.exe"])
def test_an_upload_has_a_name_that_can_be_shown(client: OpenAI, filename: str) -> None:
    with pytest.raises(BadRequestError) as raised:
        client.uploads.create(bytes=4, filename=filename, mime_type="text/plain", purpose="user_data")
    assert raised.value.param == "filename"


def test_a_cancelled_upload_is_over_and_its_parts_are_gone(client: OpenAI, kept: Path) -> None:
    upload = client.uploads.create(bytes=4, filename="a", mime_type="text/plain", purpose="user_data")
    part = client.uploads.parts.create(upload.id, data=io.BytesIO(b"abcd"))
    assert client.uploads.cancel(upload.id).status == "cancelled"
    assert contents(kept) == []
    with pytest.raises(BadRequestError, match="is cancelled"):
        client.uploads.complete(upload.id, part_ids=[part.id])


async def test_many_upload_at_once(server: RunningServer, kept: Path) -> None:
    async with httpx.AsyncClient(base_url=server.base_url) as client:

        async def upload(number: int) -> bool:
            data = {"purpose": "user_data"}
            made = await client.post("/files", files={"file": ("a", bytes([number]) * 50_000)}, data=data)
            content = await client.get(f"/files/{made.json()['id']}/content")
            return content.content == bytes([number]) * 50_000

        assert all(await asyncio.gather(*map(upload, range(20))))
    assert len(contents(kept)) == 20


@pytest.mark.parametrize("files", ["s3://", "gs://bucket", "ftp://host/path", ""])
def test_where_no_files_can_be_is_refused_at_the_start(files: str) -> None:
    with pytest.raises(ValidationError):
        Settings(files=files)


def test_a_form_that_stops_coming_is_given_up(
    server: RunningServer, connect: Connect, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("translator.server.multipart.STALL_SECONDS", 0.2)
    body = form(PURPOSE, (NAMED, b"x" * 100_000))
    client = connect(server)
    client.post("/v1/files", body[:-50_000], {**HEAD, "content-length": str(len(body))})
    assert b" 408 " in client.read_until(b"\r\n\r\n")
    assert b"Nothing of the form has come" in client.read_all()
    assert contents(kept) == []


def test_a_form_of_no_told_length_is_bounded_all_the_same(server: RunningServer, kept: Path) -> None:
    def body() -> Iterator[bytes]:
        yield form(PURPOSE, (NAMED, b""), end=False)[:-2]
        for _ in range(3):
            yield b"x" * MEBIBYTE

    answer = httpx.post(f"{server.base_url}/files", content=body(), headers=HEAD)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "file_too_large")
    assert contents(kept) == []
