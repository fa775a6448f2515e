"""`translator verify`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path
from typing import TypeVar

import click
import httpx

from .. import __version__
from ..body import parse
from ..corpus import Case, load
from .installation import verify_installation
from .upstream import Asked, questions, verify_upstream

_T = TypeVar("_T")
_EXCHANGES = {"chat": "responses_over_chat", "responses": "chat_over_responses"}


@click.command()
@click.option("--upstream", metavar="URL", help="Ask this upstream, by its base URL, instead of playing recordings.")
@click.option(
    "--wire", default="chat", type=click.Choice(list(_EXCHANGES)), help="What the upstream speaks. [default: chat]"
)
@click.option("--model", help="The model to ask for; without one the first that the upstream lists.")
@click.option("--api-key", envvar="TRANSLATOR_UPSTREAM_API_KEY", help="The key that the upstream wants.")
@click.option("--case", "pattern", default="*", metavar="NAME", help="Only these cases; * stands for anything.")
@click.option(
    "--record", type=click.Path(path_type=Path, file_okay=False), help="Write what the upstream answers to this folder."
)
def verify(
    upstream: str | None, wire: str, model: str | None, api_key: str | None, pattern: str, record: Path | None
) -> None:
    """Hold this installation, or a live upstream, to the published cases.

    Without --upstream every case is translated and compared with its snapshot, byte for byte. With it, the upstream is
    asked what the cases ask, and what its answers tell is compared with the expected answers; "free choice" is said of
    one that is another, as any model's may be. The status is 1 if anything differs, 2 if nothing could be verified.
    """
    if upstream is None:
        differing = _verify_installation(_named(list(_all_cases()), pattern, lambda case: case.name))
    else:
        asked = _named(questions(_EXCHANGES[wire]), pattern, lambda entry: entry.case.name)
        headers = {"content-type": "application/json", "user-agent": f"responses-translator/{__version__}"}
        if api_key:
            headers["authorization"] = f"Bearer {api_key}"
        try:
            with httpx.Client(base_url=upstream.rstrip("/") + "/", headers=headers, timeout=120) as client:
                differing = _verify_upstream(client, _EXCHANGES[wire], asked, _model(client, model), record)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            why = str(error).rstrip(".") or type(error).__name__
            raise _NothingVerified(f"The upstream cannot be asked: {why}.") from None
    if differing:
        raise SystemExit(1)


class _NothingVerified(click.ClickException):
    """There is no verdict."""

    exit_code = 2


def _named(cases: list[_T], pattern: str, name: Callable[[_T], str]) -> list[_T]:
    """Those whose names fit."""
    fitting = [case for case in cases if fnmatch(name(case), pattern)]
    if not fitting:
        raise _NothingVerified(f"No case that can be verified so is called {pattern}; * stands for anything.")
    return fitting


def _all_cases() -> Iterator[Case]:
    for exchange in _EXCHANGES.values():
        yield from load(exchange)


def _verify_installation(cases: list[Case]) -> int:
    differing = 0
    with _bar(len(cases), "Translating") as step:
        found = []
        for case in cases:
            found.append((case, verify_installation(case)))
            step()
    for case, differences in found:
        if differences:
            differing += 1
            click.echo(f"{case}")
        for difference in differences:
            click.echo(f"  {difference.file}")
            for line in difference.lines:
                click.echo(f"    {line}")
    _sum_up(len(cases), differing)
    return differing


def _verify_upstream(client: httpx.Client, exchange: str, asked: list[Asked], model: str, record: Path | None) -> int:
    differing = 0
    click.echo(f"asking for {model}")
    with _bar(len(asked), "Asking") as step:
        findings = []
        for finding in verify_upstream(client, exchange, asked, model=model, record=record):
            findings.append(finding)
            step()
    free = 0
    for case, differences, choices in findings:
        verdict = "differs" if differences else "free choice" if choices else "as expected"
        click.echo(f"{verdict:<12} {case.name}")
        for line in [*differences, *choices]:
            click.echo(f"{'':<12}   {line}")
        differing += bool(differences)
        free += verdict == "free choice"
    _sum_up(len(asked), differing, free)
    return differing


def _model(client: httpx.Client, named: str | None) -> str:
    """The model to ask for. The list of models is asked for in any case: it shows whether there is anybody."""
    reply = client.get("models")
    if reply.status_code in (401, 403):
        given = "authorization" in client.headers
        raise ValueError("it does not take this --api-key" if given else "it wants a key: give it with --api-key")
    if named is not None:
        return named
    if reply.is_error:
        raise ValueError(f"it answers GET models with {reply.status_code}, so name a model with --model")
    listed = parse(reply.content) or {}
    models = listed.get("data")
    first = models[0] if isinstance(models, list) and models else None
    if not isinstance(first, dict) or not isinstance(first.get("id"), str):
        raise ValueError("it lists no model, so name one with --model")
    return str(first["id"])


def _sum_up(cases: int, differing: int, free: int = 0) -> None:
    if not (differing or free):
        click.echo(f"{cases} cases, all as expected")
        return
    told = f"{differing} of them differ" if differing else "none of them differs"
    freely = f"; {free} are answered otherwise, as any model may" if free else ""
    click.echo(f"{cases} cases, {told}{freely}")


@contextmanager
def _bar(length: int, label: str) -> Iterator[Callable[[], None]]:
    """A bar on a terminal; it gives the function that moves it one step."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    with click.progressbar(length=length, label=label, file=sys.stderr) as bar:
        yield lambda: bar.update(1)
