"""Asking an upstream that may refuse a request for what it does not know: the refusal teaches, and it is retried."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import nullcontext

from ..dialects import Fact, OperatorError, learn, may_teach
from ..errors import UpstreamError
from ..responses_over_chat import Translation
from .knowledge import Known
from .models import Target
from .upstream import Reply


class Lessons:
    """What one turn may learn: it asks again at most once.

    A fact is believed when the request made by it is accepted, or refused for another reason; what that one teaches
    is left for the next turn. So nobody can teach what is not so by making the upstream say it. A refusal may also
    tell, by its headers, whose upstream this is: then the request is made anew as that one wants it.
    """

    def __init__(self, target: Target) -> None:
        self._target = target
        self._asked_again = False

    async def ask(
        self, translate: Callable[[Known], Awaitable[Translation]], post: Callable[[Translation], Awaitable[Reply]]
    ) -> tuple[Translation, Reply]:
        """The reply, and the translation that got it. Raises UpstreamError, and what `translate` raises."""
        call = await translate(self._target.known)
        try:
            return call, await post(call)
        except UpstreamError as error:
            recognised = self._target.knowledge.read_refusal(error.refusal_headers)
            fact = self._lesson(call, error)
            made_wrong = error.refusal is not None and may_teach(error.refusal[0])
            if (fact is None and not (recognised and made_wrong)) or self._asked_again:
                raise
            self._asked_again = True
            return await self._ask_again(fact, call, error, translate, post)

    async def _ask_again(
        self,
        fact: Fact | None,
        refused: Translation,
        error: UpstreamError,
        translate: Callable[[Known], Awaitable[Translation]],
        post: Callable[[Translation], Awaitable[Reply]],
    ) -> tuple[Translation, Reply]:
        knowledge, model = self._target.knowledge, self._target.model
        with nullcontext() if fact is None else knowledge.supposing(model, fact):
            supposed = self._target.known
        call = await translate(supposed)
        if call.chat_request == refused.chat_request:
            raise error
        try:
            reply = await post(call)
        except UpstreamError as another:
            if (second := self._lesson(call, another)) is not None:
                await self._remember(fact, second)
            raise
        await self._remember(fact)
        return call, reply

    async def _remember(self, *facts: Fact | None) -> None:
        for fact in facts:
            if fact is not None:
                await self._target.knowledge.learn(self._target.model, fact)

    def _lesson(self, call: Translation, error: UpstreamError) -> Fact | None:
        if error.refusal is None:
            return None
        lesson = learn(*error.refusal, call.dialect, call.chat_request)
        if isinstance(lesson, OperatorError):
            raise lesson from error
        return lesson
