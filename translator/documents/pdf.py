"""PDF: the text of each page, and pictures of the pages that have none."""

from __future__ import annotations

import io
from typing import Any

import pypdfium2  # type: ignore[import-untyped]  # it has annotations, but does not say so

from .limits import Limits, Unreadable
from .pages import Pages

_LONGEST_SIDE = 1600
"""Pixels of a picture's longer side: small print can be read, and models scale down what is larger."""

_QUALITY = 80


def read_pdf(data: bytes, pages: Pages, limits: Limits, images: bool) -> int:
    """The number of pages. Raises Unreadable."""
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if "password" in str(error).lower():
            raise Unreadable("is encrypted: send it without a password") from None
        raise Unreadable("is a broken PDF: save it anew") from None
    count = len(document)
    if count == 0:
        raise Unreadable("is a PDF without pages")
    if count > limits.pages:
        raise Unreadable(f"has {count} pages, and {limits.pages} is the most that are read: send those that matter")
    for number in range(count):
        pages.mark(f"page {number + 1} of {count}")
        _read_page(document, number, pages, images)
        if pages.full:
            break
    return count


def _read_page(document: Any, number: int, pages: Pages, images: bool) -> None:
    try:
        page = document[number]
        text = page.get_textpage().get_text_bounded()
    except pypdfium2.PdfiumError:
        pages.note("this page is broken")
        return
    if text.strip():
        pages.text(text.replace("\r\n", "\n"))
    elif next(iter(page.get_objects(max_depth=1)), None) is None:
        pages.note("this page is empty")
    elif images:
        pages.image(_picture(page), "image/jpeg")
    else:
        pages.note("this page is a picture, without text")


def _picture(page: Any) -> bytes:
    scale = min(3.0, _LONGEST_SIDE / max(*page.get_size(), 1.0))
    encoded = io.BytesIO()
    page.render(scale=scale).to_pil().convert("RGB").save(encoded, "JPEG", quality=_QUALITY)
    return encoded.getvalue()
