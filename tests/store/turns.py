"""Responses to store, made so that what comes back can be checked by its id alone."""

from __future__ import annotations

import secrets
from typing import Any

from translator.store import Item, Response, Store

TENANT = "alice"


def new_id(kind: str = "resp") -> str:
    return f"{kind}_{secrets.token_hex(16)}"


def message(id: str, text: str, role: str = "user") -> Item:
    part = "output_text" if role == "assistant" else "input_text"
    return {"id": id, "type": "message", "role": role, "content": [{"type": part, "text": text}]}


def response(id: str | None = None, parent: str | None = None, **changes: Any) -> Response:
    """A response of one question and one answer, which name its id."""
    id = id or new_id()
    digits = id.removeprefix("resp_")
    values: dict[str, Any] = {
        "tenant": TENANT,
        "id": id,
        "status": "completed",
        "body": {"id": id, "object": "response", "status": "completed", "usage": {"total_tokens": 7}},
        "input": [message(f"msg_{digits}i0", f"question {id}")],
        "output": [message(f"msg_{digits}00", f"answer {id}", "assistant")],
        "previous_response_id": parent,
    }
    return Response(**{**values, **changes})


async def save_chain(store: Store, turns: int) -> list[str]:
    """Store a chain; the ids of its responses, oldest first."""
    ids: list[str] = []
    for _ in range(turns):
        made = response(parent=ids[-1] if ids else None)
        await store.responses.save(made)
        ids.append(made.id)
    return ids
