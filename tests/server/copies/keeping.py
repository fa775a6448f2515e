"""An upstream that keeps files itself: each key's apart, and its chat knows them by their ids alone."""

from __future__ import annotations

import email.parser
import email.policy
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ...servers import Exchange, ScriptedUpstream, completion

JSON = dict[str, Any]


@dataclass
class Given:
    """A file as it came, and with which key."""

    key: str
    name: str
    kind: str
    data: bytes
    fields: dict[str, str]
    lengths: tuple[int, int]
    """What the request's header says, and what came."""


class KeepingUpstream(ScriptedUpstream):
    """What is queued goes before all this, once each."""

    def __init__(self) -> None:
        self.files: dict[str, Given] = {}
        """Those it has, by its ids."""
        self.asked: list[str] = []
        """`METHOD path` of all requests, without those for models; a chat request is `chat`."""
        self.chats: list[JSON] = []
        """The bodies of the chat requests."""
        self.forgetful = False
        """Whether it forgets all files before each chat request."""
        self.gate = threading.Event()
        """Files are taken while it is set."""
        self.gate.set()
        self._made = 0
        super().__init__()

    @property
    def told(self) -> list[JSON]:
        """The parts of the last message of the last chat request."""
        content: list[JSON] = self.chats[-1]["messages"][-1]["content"]
        return content

    def count(self, start: str) -> int:
        """How many requests there were that begin like this."""
        return sum(line.startswith(start) for line in self.asked)

    def _handle(self, exchange: Exchange) -> None:
        path = exchange.path.removeprefix("/v1")
        if exchange.method == "GET" and path == "/models":
            super()._handle(exchange)
            return
        chat = path == "/chat/completions"
        self.asked.append("chat" if chat else f"{exchange.method} {path}")
        if chat:
            self.chats.append(exchange.json)
        if not self._scripts.empty():
            self._scripts.get_nowait()(exchange)
        elif chat:
            self._complete(exchange)
        else:
            self._keep(exchange, path.removeprefix("/files").removeprefix("/"))

    def _complete(self, exchange: Exchange) -> None:
        if self.forgetful:
            self.files.clear()
        for id in file_ids(exchange.json):
            if not self._knows(id, exchange):
                exchange.reply(unknown(id), 404)
                return
        exchange.reply(completion("Read."))

    def _keep(self, exchange: Exchange, id: str) -> None:
        if exchange.method == "POST":
            self.gate.wait(10)
            self._made += 1
            id = f"file-up{self._made}"
            self.files[id] = read_form(exchange)
        elif not self._knows(id, exchange):
            exchange.reply(unknown(id), 404)
            return
        elif exchange.method == "DELETE":
            del self.files[id]
        exchange.reply({"id": id, "object": "file"})

    def _knows(self, id: str, exchange: Exchange) -> bool:
        return id in self.files and self.files[id].key == exchange.headers.get("authorization", "")


def unknown(id: str) -> JSON:
    """OpenAI's words."""
    return {"error": {"message": f"No such File object: {id}", "type": "invalid_request_error", "param": "id"}}


def file_ids(chat: JSON) -> Iterable[str]:
    for message in chat["messages"]:
        for part in message["content"] if isinstance(message["content"], list) else ():
            if part["type"] == "file":
                assert set(part["file"]) == {"file_id"}
                yield part["file"]["file_id"]


def read_form(exchange: Exchange) -> Given:
    """As the standard library reads MIME, which shares nothing with how the server writes it."""
    head = f"Content-Type: {exchange.headers['content-type']}\r\n\r\n".encode()
    parsed = email.parser.BytesParser(policy=email.policy.HTTP).parsebytes(head + exchange.body)
    fields: dict[str, str] = {}
    name = kind = ""
    data = b""
    for part in parsed.iter_parts():
        field = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        assert isinstance(field, str)
        if field == "file":
            name, kind, data = part.get_filename() or "", part.get_content_type(), content
        else:
            fields[field] = content.decode()
    lengths = int(exchange.headers["content-length"]), len(exchange.body)
    return Given(exchange.headers.get("authorization", ""), name, kind, data, fields, lengths)
