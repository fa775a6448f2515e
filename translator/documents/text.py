"""Text as it is, and HTML as Markdown."""

from __future__ import annotations

from .pages import Pages


def decode(data: bytes) -> str:
    """Text by its byte order mark, else UTF-8, else what Windows writes."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def read_html(data: bytes, pages: Pages) -> None:
    """What a reader of the page would see, with its headings, links and tables."""
    import markdownify

    pages.text(markdownify.markdownify(decode(data), heading_style="ATX", strip=["img"]))


def read_text(data: bytes, pages: Pages) -> None:
    """The text."""
    pages.text(decode(data))
