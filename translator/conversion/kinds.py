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


_ENCODINGS = {
    b"\x1f\x8b": "compressed by gzip: pass it through `gunzip -c`",
    b"\x28\xb5\x2f\xfd": "compressed by zstd: pass it through `zstd -dc`",
    b"PK\x03\x04": "a zip archive: unpack it",
    b"\xff\xfe": "UTF-16: pass it through `iconv -f UTF-16 -t UTF-8`",
    b"\xfe\xff": "UTF-16: pass it through `iconv -f UTF-16 -t UTF-8`",
}


def written_otherwise(start: bytes) -> str | None:
    """What a file is, and the way out, if its first bytes say that it is no text in UTF-8."""
    said = next((said for magic, said in _ENCODINGS.items() if start.startswith(magic)), None)
    return None if said is None else f"This is {said} first."
