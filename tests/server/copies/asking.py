"""What a client does with files of its own, and how the upstream is told of them."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

from openai import OpenAI

from ...documents import made
from ...servers import RunningServer

JSON = dict[str, Any]

Start = Callable[..., RunningServer]

PLAN = made.pdf("buy a bridge")
WORDS = {"type": "input_text", "text": "What does it say?"}
KEEPS: JSON = {"file": "upload"}


def client_of(server: RunningServer, key: str = "unused") -> OpenAI:
    return OpenAI(base_url=server.base_url, api_key=key, max_retries=0)


def upload(client: OpenAI, data: bytes = PLAN, name: str = "plan.pdf", **more: Any) -> str:
    return client.files.create(file=(name, data), purpose="user_data", **more).id


def inline(data: bytes = PLAN, name: str = "plan.pdf") -> JSON:
    return {"type": "input_file", "filename": name, "file_data": base64.b64encode(data).decode()}


def by_id(id: str) -> JSON:
    return {"type": "input_file", "file_id": id}


def ask(client: OpenAI, *parts: JSON, **more: Any) -> Any:
    items: Any = [{"role": "user", "content": list(parts)}]
    return client.responses.create(model="m", input=items, **more)


def given(id: str) -> JSON:
    return {"type": "file", "file": {"file_id": id}}
