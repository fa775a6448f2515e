"""Every conversation with every family through the real server: what comes of it, and the README's table of that."""

from __future__ import annotations

import contextlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

import httpx

from tests.servers import RunningServer, read_events
from translator.server.app import create_app
from translator.server.settings import Model, Settings, Upstream

from .conversations import CONVERSATIONS, Conversation, Say, Turn
from .family import Family, families
from .upstream import Exchange, FamilyServer

JSON = dict[str, Any]
Way = Literal["hidden", "found", "named"]

WAYS: tuple[Way, ...] = ("hidden", "found", "named")
"""No dialect is configured, and the upstream shows no sign of whose it is; none is configured, and it does; the preset
of its family is named."""

_RETRY, _LOSS, _AGAIN, _REFUSED, _WRONG = "retry", "loss", "again", "refused", "wrong"

SIGNS = {_WRONG: "!", _REFUSED: "✕", _AGAIN: "↺", _LOSS: "◐", _RETRY: "↻"}
"""For the table; the first that fits stands for all. Where none does it works, and is a ●."""


@dataclass(frozen=True)
class Experiment:
    """One conversation with one family, one way, streamed or not."""

    family: Family
    conversation: Conversation
    way: Way
    streams: bool

    @property
    def key(self) -> str:
        """Its upstream's path and its model's public name."""
        name = self.conversation.name.replace(" ", "-").replace(",", "")
        return f"{self.family.name}.{name}.{self.way}.{'stream' if self.streams else 'whole'}"

    @property
    def played(self) -> Family:
        """The family as its upstream shows itself."""
        return self.family.without_signs() if self.way == "hidden" else self.family

    def upstream(self, base_url: str) -> Upstream:
        """The settings of its upstream."""
        return Upstream(
            name=self.key,
            base_url=f"{base_url.removesuffix('/v1')}/{self.key}/v1",
            preset=self.family.preset if self.way == "named" else None,
            models=(Model(name=self.key, upstream_name=self.family.model),),
        )


@dataclass(frozen=True)
class Outcome:
    """What came of an experiment: why each mark was given, in the order they were; none where it simply works."""

    marks: Mapping[str, tuple[str, ...]]


def experiments() -> list[Experiment]:
    """All of them."""
    grid = product(families().values(), CONVERSATIONS, WAYS, (True, False))
    return [Experiment(*cell) for cell in grid]


def run_all(wanted: list[Experiment]) -> Mapping[Experiment, Outcome]:
    """The outcomes, over one server and one process of upstreams."""
    with _servers(wanted) as (upstream, base_url), httpx.Client(base_url=base_url, timeout=30) as client:
        return {experiment: _Client(experiment, upstream, client).run() for experiment in wanted}


@contextlib.contextmanager
def _servers(wanted: list[Experiment]) -> Iterator[tuple[FamilyServer, str]]:
    upstream = FamilyServer()
    for experiment in wanted:
        upstream.expect(experiment.key, experiment.played, experiment.conversation)
    with contextlib.ExitStack() as stack:
        behind = RunningServer(upstream.app)
        stack.callback(behind.stop)
        upstreams = tuple(experiment.upstream(behind.base_url) for experiment in wanted)
        settings = Settings(store="none", upstreams=upstreams)
        server = RunningServer(create_app(settings), settings)
        stack.callback(server.stop)
        yield upstream, server.base_url


class _Client:
    """Has one conversation, sending back all that it was told, as a client without a store does."""

    def __init__(self, experiment: Experiment, upstream: FamilyServer, client: httpx.Client) -> None:
        self._experiment = experiment
        self._exchanges = upstream.exchanges[experiment.key]
        self._client = client
        self._items: list[JSON] = []
        self._calls: list[JSON] = []
        self._marks: dict[str, list[str]] = {}

    def run(self) -> Outcome:
        for turn in self._experiment.conversation.turns:
            if not self._take(turn):
                break
        return Outcome({mark: tuple(notes) for mark, notes in self._marks.items()})

    def _take(self, turn: Turn) -> bool:
        """One turn; whether the conversation goes on."""
        for call in self._calls:
            output = turn.outputs[call["name"]]
            self._items.append({"type": "function_call_output", "call_id": call["call_id"], "output": output})
        self._items += turn.adds
        answer, asked = self._ask()
        if answer.status_code == 400 and len(asked) == 2 and asked[-1].said is None:
            self._mark(_AGAIN, answer.json()["error"]["message"])  # refused for two reasons, and asked again but once
            answer, asked = self._ask()
        if len(asked) > 2:
            self._mark(_WRONG, f"the upstream was asked {len(asked)} times")
        for losses in _losses(answer):
            self._mark(_LOSS, losses)
        if answer.status_code != 200:
            self._judge_error(answer, asked)
            return False
        if len(asked) == 2:
            self._mark(_RETRY, "asked again")
        response = self._read(answer)
        return self._judge(response, turn.says, asked[-1].said) if asked else self._mark(_WRONG, "nothing was asked")

    def _ask(self) -> tuple[httpx.Response, list[Exchange]]:
        """The answer, and what its upstream was asked for it."""
        before = len(self._exchanges)
        body: JSON = {
            "model": self._experiment.key,
            "input": self._items,
            "stream": self._experiment.streams,
            "store": False,
            **self._experiment.conversation.fields,
        }
        return self._client.post("/responses", json=body), self._exchanges[before:]

    def _read(self, answer: httpx.Response) -> JSON:
        if self._experiment.streams:
            events = read_events(answer.content)
            response: JSON = events[-1]["response"]
            if response["status"] == "failed":
                response["error"] = events[-2]["error"]  # whose code says more
        else:
            response = answer.json()
        self._items += response["output"]
        self._calls = [item for item in response["output"] if item["type"] == "function_call"]
        return response

    def _judge_error(self, answer: httpx.Response, asked: list[Exchange]) -> None:
        error = answer.json()["error"]
        conversation = self._experiment.conversation
        if conversation.error is not None:
            if (answer.status_code, error["code"]) != conversation.error:
                self._mark(_WRONG, f"told as {answer.status_code} {error}")
            return
        if conversation.fails and answer.status_code >= 500 and not self._experiment.streams:
            return
        clear = answer.status_code == 400 and error["param"] and conversation.name in self._experiment.family.cannot
        if clear or self._is_disobeyed(error):
            self._mark(_REFUSED, error["message"])
        else:
            self._mark(_WRONG, f"refused: {answer.status_code} {error}")

    def _is_disobeyed(self, error: JSON) -> bool:
        """Whether the upstream passes over a forced call, or refuses it without a word: nobody could have known."""
        if error["message"].endswith("did not say why."):
            return "forced" in self._experiment.conversation.name
        passes_over = {"tool_choice", "named choice"}.intersection(self._experiment.family.ignores)
        return error["code"] == "tool_choice_not_honored" and bool(passes_over)

    def _judge(self, response: JSON, intended: Say, said: Say | None) -> bool:
        """Whether the client was told what the upstream said, and whether that is what the model meant to say."""
        if self._experiment.conversation.fails:
            if response["status"] != "failed" or not response["error"]["message"]:
                self._mark(_WRONG, f"told as {response['status']}")
            return False
        assert said is not None
        if response["status"] == "failed" and self._is_disobeyed(response["error"]):
            return self._mark(_REFUSED, response["error"]["message"])
        told = _told(response)
        if told != _said(said, self._experiment.family):
            self._mark(_WRONG, f"told {told} of {said}")
            return False
        wanted = "incomplete" if intended.finish == "length" else "completed"
        if response["status"] != wanted:
            self._mark(_WRONG, f"told as {response['status']}")
        if not self._as_intended(said, intended):
            reported = _LOSS in self._marks
            self._mark(_LOSS if reported else _WRONG, f"the model said {said} and meant {intended}")
            return False
        return True

    def _as_intended(self, said: Say, intended: Say) -> bool:
        if intended.data is not None:
            return said.data == intended.data and (bool(said.calls) or said.text == json.dumps(intended.data))
        return said.calls == intended.calls and (bool(intended.calls) or said.text == intended.text)

    def _mark(self, mark: str, note: str) -> bool:
        self._marks.setdefault(mark, []).append(note)
        return False


def table(outcomes: Mapping[Experiment, Outcome]) -> str:
    """The README's table: family by conversation; each cell has a sign for each way, or one for all."""
    marks: dict[tuple[str, str, Way], set[str]] = defaultdict(set)
    for experiment, outcome in outcomes.items():
        marks[experiment.family.name, experiment.conversation.name, experiment.way] |= outcome.marks.keys()
    names = [conversation.name for conversation in CONVERSATIONS]
    lines = [["upstream", *names], ["---", *(":-:" for _ in names)]]
    for family in families().values():
        cells = ["".join(_sign(marks[family.name, name, way]) for way in WAYS) for name in names]
        lines.append([family.title, *(cell if len(set(cell)) > 1 else cell[0] for cell in cells)])
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _sign(marks: set[str]) -> str:
    return next((sign for mark, sign in SIGNS.items() if mark in marks), "●")


def _losses(answer: httpx.Response) -> list[str]:
    """What was lost on the way there and back, as the header and, at the end of a stream, a comment say it."""
    name = "x-translator-losses"
    comments = [line for line in answer.text.splitlines() if line.startswith(f": {name}: ")]
    return [*answer.headers.get_list(name), *comments]


def _told(response: JSON) -> tuple[str, str, list[tuple[str, JSON]]]:
    """Thoughts, text, calls."""
    output = response["output"]
    thoughts = [part["text"] for item in output if item["type"] == "reasoning" for part in item.get("content", ())]
    calls = [(item["name"], json.loads(item["arguments"])) for item in output if item["type"] == "function_call"]
    return "".join(thoughts).strip(), response["output_text"], calls


def _said(said: Say, family: Family) -> tuple[str, str, list[tuple[str, JSON]]]:
    """The same, as the upstream said it: an answer in form of a call is text."""
    answers = [json.dumps(arguments) for name, arguments in said.calls if arguments == said.data]
    calls = [call for call in said.calls if call[1] != said.data]
    return said.thought if family.reasoning != "none" else "", said.text + "".join(answers), calls
