"""Multipart forms, read part by part while they arrive: nothing of a file is held but the piece at hand."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.types import Receive, Scope

from ..errors import InvalidRequest
from .body import ClientLeft

FORM_BYTES = 64 * 1024
"""What a form may have beside its file: boundaries, headers and the other fields."""

STALL_SECONDS = 60.0
"""How long a client may send nothing in the middle of a form."""

LAST = {"connection": "close"}
"""The header of an answer that is given before all was read: what is still to come need not be."""

FIELD_BYTES = 8 * 1024
"""The longest field that is no file."""


class Part:
    """One part of a form: a field, or a file with its name. Its bytes are to be read before the next part is."""

    def __init__(self, form: Form, name: str, filename: str | None) -> None:
        self.name = name
        self.filename = filename
        self._form = form

    async def pieces(self) -> AsyncIterator[bytes]:
        """Its bytes, as they arrive. Raises InvalidRequest or ClientLeft."""
        while (piece := await self._form.take()) is not None:
            yield piece

    async def text(self) -> str:
        """The whole of a field. Raises InvalidRequest where it is long, or no text."""
        gathered = bytearray()
        async for piece in self.pieces():
            gathered += piece
            if len(gathered) > FIELD_BYTES:
                raise InvalidRequest(
                    f"The field '{self.name[:64]}' is longer than {FIELD_BYTES} bytes.", param=self.name[:64]
                )
        try:
            return gathered.decode()
        except UnicodeDecodeError:
            raise InvalidRequest(f"The field '{self.name[:64]}' is no UTF-8.", param=self.name[:64]) from None


class Form:
    """A request's `multipart/form-data`, whole or in the middle of its arrival.

    Raises InvalidRequest (400, 413 for more than `limit` bytes beside what every form has, 415 for another type).
    """

    def __init__(self, scope: Scope, receive: Receive, limit: int) -> None:
        headers = dict(scope["headers"])
        kind, options = parse_options_header(headers.get(b"content-type", b""))
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise InvalidRequest("Send the file as multipart/form-data, with its boundary in Content-Type.", status=415)
        if headers.get(b"content-encoding", b"identity").lower() != b"identity":
            raise InvalidRequest("A form is not taken compressed: send it without Content-Encoding.", status=415)
        self._limit = limit + FORM_BYTES
        length = headers.get(b"content-length", b"")
        if length.isdigit() and int(length) > self._limit:
            raise self._too_large()
        self._receive = receive
        self._size = 0
        self._complete = False
        self._found: deque[Part | bytes | None] = deque()  # None: the end of a part
        self._header = (bytearray(), bytearray())
        self._headers: dict[bytes, bytes] = {}
        self._parser = MultipartParser(
            options[b"boundary"],
            {
                "on_part_begin": self._headers.clear,
                "on_header_field": lambda data, start, end: self._header[0].extend(data[start:end]),
                "on_header_value": lambda data, start, end: self._header[1].extend(data[start:end]),
                "on_header_end": self._end_header,
                "on_headers_finished": self._begin_part,
                "on_part_data": lambda data, start, end: self._found.append(data[start:end]),
                "on_part_end": lambda: self._found.append(None),
            },
        )

    async def parts(self) -> AsyncIterator[Part]:
        """The parts in the order they come."""
        while await self._fill():
            found = self._found.popleft()
            if isinstance(found, Part):
                yield found
            # what nobody read of a part is passed over

    async def take(self) -> bytes | None:
        """The next piece of the part at hand; None at its end."""
        if not await self._fill():
            raise InvalidRequest("The form ends in the middle of a part: send it whole.")
        found = self._found.popleft()
        assert not isinstance(found, Part)
        return found

    async def _fill(self) -> bool:
        """Whether something more was found, once that is known."""
        while not self._found:
            if self._complete:
                return False
            try:
                async with asyncio.timeout(STALL_SECONDS):
                    message = await self._receive()
            except TimeoutError:
                raise InvalidRequest(
                    f"Nothing of the form has come for {STALL_SECONDS:g} seconds: send it again.",
                    status=408,
                    headers=LAST,
                ) from None
            if message["type"] == "http.disconnect":
                raise ClientLeft
            body = message.get("body", b"")
            self._size += len(body)
            if self._size > self._limit:
                raise self._too_large()
            try:
                self._parser.write(body)
                if not message.get("more_body"):
                    self._complete = True
                    self._parser.finalize()
            except MultipartParseError as error:
                raise InvalidRequest(f"The form cannot be read: {error}.") from None
        return True

    def _end_header(self) -> None:
        name, value = self._header
        self._headers[bytes(name).lower()] = bytes(value)
        name.clear()
        value.clear()

    def _begin_part(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        filename = options.get(b"filename")
        shown = None if filename is None else filename.decode("utf-8", "replace")
        self._found.append(Part(self, options.get(b"name", b"").decode("utf-8", "replace"), shown))

    def _too_large(self) -> InvalidRequest:
        return InvalidRequest(
            f"The form is larger than {self._limit} bytes: send less at once, in parts through /uploads.",
            param="file",
            code="file_too_large",
            status=413,
            headers=LAST,
        )
