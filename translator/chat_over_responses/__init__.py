"""Serve Chat Completions from a Responses upstream."""

from .options import ReplyOptions
from .request import Translation, translate_request
from .response import translate_response
from .stream import Stream

__all__ = ["ReplyOptions", "Stream", "Translation", "translate_request", "translate_response"]
