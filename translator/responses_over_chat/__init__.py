"""Serve Responses from a Chat Completions upstream."""

from .options import ReplyOptions
from .request import Translation, translate_request
from .stream import Stream

__all__ = ["ReplyOptions", "Stream", "Translation", "translate_request"]
