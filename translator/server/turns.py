"""One turn: a request taken through history, translation and the upstream, whatever carries it to the client."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from functools import lru_cache, partial
from typing import Any

from ..errors import InvalidRequest, TranslatorError, Unsupported, UpstreamError
from ..mapping.losses import Loss
from ..mapping.truncation import drop_oldest, excess
from ..responses_over_chat import ReplyOptions, Stream, Translation
from ..responses_over_chat.request import translate_valid
from ..responses_over_chat.response import read_response
from ..wire.responses import validate
from .attachments import Attacher
from .auth import Principal, Program
from .body import Headers
from .copies import Copies, FileForgotten, Place, file_ids
from .documents import Documents
from .fetching import Fetcher
from .habits import Habits
from .history import History, Memory, Past
from .kept import Kept
from .knowledge import Knowledge, Known
from .lessons import Lessons
from .models import Catalogue, Target
from .observation import log_failure
from .settings import Settings
from .telling import Door, Telling
from .upstream import Reply
from .warm_up import Silence

JSON = dict[str, Any]

_SHORTENINGS = 8
"""How often a conversation that is too long is shortened, each time by a quarter, before the error is passed on."""

_MOST_OPTIONS = 1024
"""For how many clients the options of their replies are remembered."""

_log = logging.getLogger(__name__)


class Turns:
    """Begins turns."""

    def __init__(
        self, settings: Settings, catalogue: Catalogue, kept: Kept, copies: Copies, fetcher: Fetcher | None = None
    ) -> None:
        self.settings = settings
        self.history = History(kept)
        self._catalogue = catalogue
        self._kept = kept
        self._copies = copies
        self._attacher = Attacher(kept, copies, Documents(settings.documents()), fetcher, settings.request_max_files)
        self._habits = Habits(settings)
        self._options = lru_cache(_MOST_OPTIONS)(self._find_options)

    async def begin(
        self, body: JSON, principal: Principal, memory: Memory | None = None, *, generate: bool = True
    ) -> Turn:
        """The turn, once the upstream has accepted its request. Raises TranslatorError before that.

        Whoever gets the turn closes it. One that shall not `generate` ends at once; the upstream is asked nothing, but
        given the files that it keeps.
        """
        asked: JSON = validate(body)  # type: ignore[assignment]  # the wire types are plain dicts
        target = await self._chat_target(asked["model"], principal)
        past = await self.history.resolve(asked, principal, memory)
        if not generate:
            call = await self._translate(past.request, past.history or [], target, principal, target.known)
            return Turn(self, principal, past, call, Silence(), [], memory)
        try:
            call, reply, shortened = await self._ask(past, target, principal)
        except FileForgotten:
            call, reply, shortened = await self._ask(past, target, principal)
        return Turn(self, principal, past, call, reply, shortened, memory, target.knowledge)

    async def _chat_target(self, name: str, principal: Principal) -> Target:
        target = await self._catalogue.target(name, principal)
        if target.upstream.settings.wire == "responses":
            raise Unsupported(
                f"The upstream of {name[:128]!r} speaks Responses itself: it is reached by POST /responses and by POST "
                "/chat/completions alone.",
                param="model",
            )
        return target

    async def translate(self, body: JSON, principal: Principal) -> tuple[Translation, Target]:
        """What would be sent for a request, and where to; nothing is, so a file that would be given is told as text."""
        asked: JSON = validate(body)  # type: ignore[assignment]
        target = await self._chat_target(asked["model"], principal)
        past = await self.history.resolve(asked, principal)
        known = target.known
        if known.dialect.file == "upload":
            known = known._replace(dialect=dataclasses.replace(known.dialect, file=False))
        return await self._translate(past.request, past.history, target, principal, known), target

    async def _translate(
        self, request: JSON, history: Sequence[JSON] | None, target: Target, principal: Principal, known: Known
    ) -> Translation:
        dialect, limits = known
        attachments = await self._attacher.attach(request["input"], history or (), dialect, _place(target, principal))
        return translate_valid(
            request,
            dialect=dialect,
            upstream_model=target.model,
            output_limit=limits.max_output,
            window=limits.window,
            options=self._options(principal.program, principal.tenant),
            history=history,
            stored=self.history.keeps,
            shortens=True,
            attachments=attachments,
        )

    def _find_options(self, program: Program, tenant: str) -> ReplyOptions:
        return dataclasses.replace(self._habits.of(program), sealer=self._kept.seal.of(tenant))

    async def _ask(self, past: Past, target: Target, principal: Principal) -> tuple[Translation, Reply, list[Loss]]:
        """Ask the upstream, with less of the conversation each time it says that it is too long, if that is allowed."""
        request: JSON = past.request
        history: Sequence[JSON] | None = past.history
        items = [*(history or ()), *request["input"]]
        left = await self._fitted(items, past, target, principal)
        if len(left) < len(items):
            request, history = {**request, "input": left}, ()
        lessons = Lessons(target)
        for _ in range(_SHORTENINGS):
            try:
                call, reply = await lessons.ask(
                    partial(self._translate, request, history, target, principal),
                    partial(self._post, target, principal),
                )
            except UpstreamError as error:
                too_long = error.code == "context_length_exceeded" and request.get("truncation") == "auto"
                shorter = drop_oldest(left, 0.25) if too_long else None
                if shorter is None:
                    raise
                left = shorter
                request, history = {**request, "input": left}, ()
                continue
            lost = len(items) - len(left)
            return call, reply, [Loss("truncation", f"the {lost} oldest items were left out")] if lost else []
        raise InvalidRequest(
            "The conversation does not fit into the model's context, however much of it is left out.",
            param="input",
            code="context_length_exceeded",
        )

    async def _fitted(self, items: list[JSON], past: Past, target: Target, principal: Principal) -> list[JSON]:
        """The items, without the oldest turns where they surely do not fit into a window that is known.

        Some upstreams do not refuse what is too long, but cut it off where it hurts: at the start.
        """
        known = target.known
        window = known.limits.within(known.dialect.window, None).window
        if window is None or past.request.get("truncation") != "auto":
            return items
        request, history = past.request, past.history
        while True:
            call = await self._translate(request, history, target, principal, known)
            share = excess(call.chat_request, window)
            shorter = drop_oldest(items, share) if share else None
            if shorter is None:
                return items
            items = shorter
            request, history = {**request, "input": items}, []

    async def _post(self, target: Target, principal: Principal, call: Translation) -> Reply:
        try:
            return await target.post_chat(call.chat_request, principal.upstream_key)
        except UpstreamError as error:
            if await self._copies.forgotten(call.chat_request, error, _place(target, principal)):
                raise FileForgotten() from error
            for id in file_ids(call.chat_request):
                error.message = error.message.replace(id, "[file]")
            raise


class Turn:
    """One request that the upstream has accepted."""

    def __init__(
        self,
        turns: Turns,
        principal: Principal,
        past: Past,
        call: Translation,
        reply: Reply | Silence,
        shortened: list[Loss],
        memory: Memory | None,
        knowledge: Knowledge | None = None,
    ) -> None:
        self.call = call
        self._knowledge = knowledge
        self._turns = turns
        self._settings = turns.settings
        self._principal = principal
        self._past = past
        self._reply = reply
        self._memory = memory
        self._losses = [*call.losses, *shortened]
        if "store" not in past.request and not call.keeps:  # the API's default is to keep: clients count on it
            self._losses.append(Loss("store", "nothing is stored, the response says store: false"))
        if past.conversation_id is not None and not call.keeps:
            self._losses.append(Loss("conversation", "what is not stored is not added to it"))
        self.stream: Stream = call.stream(response_id=new_response_id(), created_at=int(time.time()))

    @property
    def losses(self) -> list[Loss]:
        """What was lost on the way there and, as far as it has come, back."""
        return [*self._losses, *self.stream.losses]

    @property
    def handed_on(self) -> Headers:
        """The upstream's headers that a client may see."""
        return self._reply.handed_on if isinstance(self._reply, Reply) else ()

    @property
    def told(self) -> list[JSON]:
        """The items that the upstream was told: those it continues, then its own."""
        return [*(self._past.history or ()), *self._past.request["input"]]

    async def complete(self) -> JSON:
        """The whole response, kept if it is to be. Raises TranslatorError."""
        body = await self._reply.read(self._settings.max_event_bytes)
        response = read_response(self.stream, body, int(time.time()))
        self._recognise()
        await self._keep(response)
        return response

    async def tell(self, door: Door, cut_short: Callable[[], TranslatorError | None]) -> None:
        """Tell the client of the turn as it goes on, to its end; failures are told as events.

        `cut_short` says why it was cancelled if it was; None: the client has left, there is nobody to be told.
        """
        telling = Telling(self.stream, door, self._conclude)
        await telling.start(self._losses)
        beat = asyncio.create_task(telling.beat(self._settings.heartbeat_seconds))
        try:
            await self._relay(telling)
            await telling.finish()
        except TranslatorError as error:
            await telling.fail(error)
        except asyncio.CancelledError:
            if (reason := cut_short()) is not None:
                await telling.fail(reason)
            raise
        except Exception as error:
            log_failure(error)
            await telling.fail(TranslatorError("The server failed: try again.", code="server_error"))
        finally:
            beat.cancel()
        if self.stream.error is not None:
            _log.warning("a stream ended with response.failed: %s", self.stream.error.code)

    async def linger(self) -> None:
        """Let the upstream's body come to its end, so that its connection can be kept."""
        await self._reply.linger()

    async def aclose(self) -> None:
        """Let go of the upstream."""
        await self._reply.aclose()

    async def _relay(self, telling: Telling) -> None:
        """Read until the upstream has said all, or only usage is missing and does not come within the grace."""
        chunks = self._reply.chunks
        async for data in chunks:
            await telling.receive(data)
            if telling.over:
                return
            if self.stream.finishing:
                break
        deadline = asyncio.get_running_loop().time() + self._settings.finish_grace_seconds
        with contextlib.suppress(TimeoutError, UpstreamError, StopAsyncIteration):
            while not telling.over:
                async with asyncio.timeout_at(deadline):
                    data = await anext(chunks)
                await telling.receive(data)

    async def _conclude(self) -> None:
        """What is learned of the upstream is written down, what is to be kept is committed."""
        if self.stream.error is None:
            self._recognise()
        await self._keep(self.stream.response)

    async def _keep(self, response: JSON) -> None:
        """Commit it if it is to be kept; then the connection may continue it."""
        try:
            if self.call.keeps:
                await self._turns.history.keep(response, self._past, self._principal)
        except TranslatorError:
            self._forget()
            raise
        if response["status"] == "failed":
            self._forget()
        elif self._memory is not None:
            self._memory.remember(response, self._past, stored=self.call.keeps)

    def _recognise(self) -> None:
        if self._knowledge is not None and not self._knowledge.recognised and isinstance(self._reply, Reply):
            self._knowledge.read_reply(self._reply.headers, self.stream.sample)

    def _forget(self) -> None:
        if self._memory is not None:
            self._memory.forget(self.call.request.get("previous_response_id"))


def _place(target: Target, principal: Principal) -> Place:
    return Place(target.upstream, principal.tenant, principal.upstream_key)


def new_response_id() -> str:
    """An id that nobody can guess."""
    return f"resp_{secrets.token_hex(16)}"
