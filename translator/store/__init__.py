"""What is kept between requests: responses and their chains, conversations, learned facts; in SQLite or PostgreSQL."""

from __future__ import annotations

from .bounds import Bounds
from .records import Conversation, Item, LearnedFact, Page, Response, Turn
from .store import Store, data_directory, default_url, open_store

__all__ = [
    "Bounds",
    "Conversation",
    "Item",
    "LearnedFact",
    "Page",
    "Response",
    "Store",
    "Turn",
    "data_directory",
    "default_url",
    "open_store",
]
