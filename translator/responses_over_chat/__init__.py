"""Serve Responses from a Chat Completions upstream."""

from .request import ReplyOptions, Translation, translate_request
from .stream import Stream

__all__ = ["ReplyOptions", "Stream", "Translation", "translate_request"]
