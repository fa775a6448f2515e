"""What a document is: a request or a reply, in which dialect."""

from __future__ import annotations

from typing import Any, Literal

JSON = dict[str, Any]

Kind = Literal["chat request", "responses request", "completion", "response", "chunk", "event", "batch line", "error"]


def kind_of(document: JSON) -> Kind | None:
    """What a document is, by the fields that only its kind has; None where nothing tells."""
    if "custom_id" in document and ("body" in document or "response" in document):
        return "batch line"
    if "messages" in document:
        return "chat request"
    if "choices" in document:
        if document.get("object") == "text_completion":
            return None  # of the endpoint that came before chat
        return "chunk" if _is_chunk(document) else "completion"
    kind = document.get("type")
    if isinstance(kind, str) and (kind.startswith("response.") or kind == "error"):
        return "event"
    if document.get("object") == "response" or isinstance(document.get("output"), list):
        return "response"
    if "input" in document or "previous_response_id" in document or isinstance(document.get("prompt"), dict):
        return "responses request"
    return "error" if isinstance(document.get("error"), dict) else None


def _is_chunk(document: JSON) -> bool:
    """Whether what has choices is a piece of a stream; many servers do not say so by its `object`."""
    if document.get("object") == "chat.completion.chunk":
        return True
    choices = document["choices"]
    return isinstance(choices, list) and any(isinstance(choice, dict) and "delta" in choice for choice in choices)
