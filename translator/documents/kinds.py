"""What a file is: by its first bytes, and where these are text, by its name."""

from __future__ import annotations

import io
import zipfile
from typing import Literal

from .limits import Unreadable

Kind = Literal["pdf", "docx", "xlsx", "pptx", "html", "text", "image"]

HEAD_BYTES = 4096
"""As much of a file as is looked at, except where it is an archive."""

MOST_UNPACKED = 512 * 2**20
"""The most bytes that an archive may unpack to."""

_IMAGES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
_PACKAGES: dict[str, Kind] = {"word/document.xml": "docx", "ppt/presentation.xml": "pptx", "xl/workbook": "xlsx"}
_NAMED: dict[str, Kind] = {
    "pdf": "pdf",
    "docx": "docx",
    "pptx": "pptx",
    "xlsx": "xlsx",
    "xlsm": "xlsx",
    "html": "html",
    "htm": "html",
    **dict.fromkeys(("txt", "md", "markdown", "csv", "tsv", "json", "jsonl", "xml", "yaml", "yml", "log"), "text"),
    **dict.fromkeys(("png", "jpg", "jpeg", "gif", "webp"), "image"),
}
TITLES: dict[Kind, str] = {
    "pdf": "a PDF",
    "docx": "a Word document",
    "xlsx": "a spreadsheet",
    "pptx": "a presentation",
    "html": "an HTML page",
    "text": "plain text",
    "image": "an image",
}


def image_type(head: bytes) -> str | None:
    """The media type of an image that every vision model knows, by its first bytes."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for start, kind in _IMAGES.items() if head.startswith(start)), None)


def is_pdf(head: bytes) -> bool:
    """Whether these are the first bytes of a PDF; readers pass over what stands before its mark."""
    return b"%PDF-" in head[:1024]


def kind_of(name: str, data: bytes) -> Kind:
    """What the file is. Raises Unreadable for what nothing here reads, and where its name says something else."""
    kind = _by_content(name, data)
    named = _named(name)
    if named is not None and named != kind and not {named, kind} == {"html", "text"}:
        raise Unreadable(f"is named like {TITLES[named]}, but it is {TITLES[kind]}: send it under a name that fits")
    return kind


def _named(name: str) -> Kind | None:
    return _NAMED.get(name.rpartition(".")[2].lower()) if "." in name else None


def _by_content(name: str, data: bytes) -> Kind:
    head = data[:HEAD_BYTES]
    if is_pdf(head):
        return "pdf"
    if image_type(head):
        return "image"
    if head.startswith(b"PK\x03\x04"):
        return _package(data)
    if head.startswith(_OLE):
        raise Unreadable(
            "is encrypted, or of an old Office format: save it anew without a password, as PDF or Office XML"
        )
    if not is_text(head):
        named = _named(name)
        claim = f"is named like {TITLES[named]}, but it " if named is not None else ""
        raise Unreadable(f"{claim}is of no kind that can be read: send a PDF, an Office file, an image or text")
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")) or _named(name) == "html":
        return "html"
    return "text"


def is_text(head: bytes) -> bool:
    """Whether these can be the first bytes of a text."""
    return head.startswith(_MARKS) or b"\0" not in head


def _package(data: bytes) -> Kind:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise Unreadable("is a broken archive: save it anew") from None
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MOST_UNPACKED or len(entries) > 20_000:
        raise Unreadable(f"unpacks to {unpacked} bytes in {len(entries)} pieces, too many to be read: send its text")
    for entry in entries:
        for start, kind in _PACKAGES.items():
            if entry.filename.startswith(start):
                if entry.flag_bits & 1:
                    raise Unreadable("is encrypted: send it without a password")
                return kind
    raise Unreadable("is an archive and no Office file: unpack it, and send the files that are in it")
