"""What is kept between requests, in SQLite or PostgreSQL: responses and their chains, conversations, files, facts."""

from __future__ import annotations

from .bounds import Bounds
from .files import FileBounds
from .records import Conversation, Copy, File, Item, LearnedFact, Page, Response, Turn, Upload
from .store import Store, data_directory, default_url, open_store

__all__ = [
    "Bounds",
    "Conversation",
    "Copy",
    "File",
    "FileBounds",
    "Item",
    "LearnedFact",
    "Page",
    "Response",
    "Store",
    "Turn",
    "Upload",
    "data_directory",
    "default_url",
    "open_store",
]
