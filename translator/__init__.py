"""Makes any chat-only upstream speak OpenAI's Responses API.

The core is pure and needs no server: `responses_over_chat.translate_request` gives the chat request and all that
its reply needs, `chat_over_responses.translate_request` does it the other way round; see the packages' own docstrings.
The server is `translator serve`.
"""

from . import chat_over_responses, responses_over_chat
from .dialects import Dialect
from .errors import InvalidRequest, TranslatorError, Unsupported, UpstreamError
from .mapping.attachments import Attachment
from .mapping.losses import Loss

__all__ = [
    "Attachment",
    "Dialect",
    "InvalidRequest",
    "Loss",
    "TranslatorError",
    "Unsupported",
    "UpstreamError",
    "chat_over_responses",
    "responses_over_chat",
]

__version__ = "0.1.0"
