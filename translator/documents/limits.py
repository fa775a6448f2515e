"""How much of a document is read, and what reading it may cost."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Of the document: `size` in bytes, `pages`. Of reading it: `seconds` of CPU, bytes of `memory` (address space).

    Of what comes out of it: `characters` of text, `images` of pages.
    """

    size: int = 50 * 2**20
    pages: int = 1000
    characters: int = 400_000
    images: int = 20
    seconds: float = 30.0
    memory: int = 1024 * 2**20


class Unreadable(Exception):
    """Why a document cannot be read: what is said behind its name, and the way out."""
