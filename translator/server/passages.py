"""Which requests of Responses clients are passed through: those whose model's upstream speaks Responses itself."""

from __future__ import annotations

from typing import Any

from starlette.types import Send

from .auth import Principal
from .body import encode_request
from .models import Catalogue, Target, model_of
from .own_files import OwnFiles
from .ownership import Ownership
from .passage import Passage, pass_through
from .passed_request import PassedRequest
from .presence import Presence
from .settings import Settings

JSON = dict[str, Any]


class Passages:
    """Passes requests through, to `POST /responses` or to a path below it."""

    def __init__(self, settings: Settings, catalogue: Catalogue, own_files: OwnFiles, ownership: Ownership) -> None:
        self.event_bytes = settings.max_event_bytes
        """The largest single event of an upstream."""
        self._catalogue = catalogue
        self._own_files = own_files
        self._ownership = ownership
        self._needless = all(upstream.wire == "chat" for upstream in settings.upstreams)

    async def target(self, body: JSON, principal: Principal) -> Target | None:
        """Where a request goes that is to be passed through; None: it is to be translated. Raises InvalidRequest."""
        if self._needless:
            return None
        target = await self._catalogue.target(model_of(body), principal)
        return target if target.upstream.settings.wire == "responses" else None

    async def take(
        self, raw: bytes, body: JSON, principal: Principal, presence: Presence, send: Send, below: str = ""
    ) -> bool:
        """Answer a request, given as bytes and as the JSON they are, if it is to be passed through; whether it was.

        Raises TranslatorError as `pass_through` does, or where a file that it names cannot be sent along.
        """
        target = await self.target(body, principal)
        if target is None:
            return False
        passage = await self.prepare(raw, body, target, principal, below)
        await pass_through(passage, principal, presence, send)
        return True

    async def prepare(self, raw: bytes, body: JSON, target: Target, principal: Principal, below: str = "") -> Passage:
        """A request that is ready to be sent. Raises TranslatorError where it may not be."""
        checked, losses = await self._ownership.check(body, principal.tenant)
        if checked is not body:
            raw, body = encode_request(checked), checked
        raw, body = await self._own_files.bring(raw, body, principal.tenant)
        claims = None
        if not below:
            claims, unwritten = self._ownership.claims(body, target.upstream, principal.tenant)
            losses += unwritten
        passage = PassedRequest(raw, body, target, self.event_bytes, below=below, claims=claims)
        passage.losses.extend(losses)
        return passage
