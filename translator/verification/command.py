"""`translator verify`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatch
from pathlib import Path

import click
import httpx

from .. import __version__
from ..corpus import Case, load
from .installation import verify_installation
from .upstream import Asked, questions, verify_upstream

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
    asked what the cases ask, and what its answers tell is compared with the expected answers. The status is 1 if
    anything differs.
    """
    if upstream is None:
        differing = _verify_installation([case for case in _all_cases() if fnmatch(case.name, pattern)])
    else:
        asked = [entry for entry in questions(_EXCHANGES[wire]) if fnmatch(entry.case.name, pattern)]
        headers = {"content-type": "application/json", "user-agent": f"responses-translator/{__version__}"}
        if api_key:
            headers["authorization"] = f"Bearer {api_key}"
        try:
            with httpx.Client(base_url=upstream.rstrip("/") + "/", headers=headers, timeout=120) as client:
                differing = _verify_upstream(client, _EXCHANGES[wire], asked, model or _first_model(client), record)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise click.ClickException(f"The upstream cannot be asked: {error or type(error).__name__}.") from None
    if differing:
        raise SystemExit(1)


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
    for case, differences in findings:
        click.echo(f"{'differs' if differences else 'as expected':<12} {case.name}")
        for line in differences:
            click.echo(f"{'':<12}   {line}")
        differing += bool(differences)
    _sum_up(len(asked), differing)
    return differing


def _first_model(client: httpx.Client) -> str:
    listed = client.get("models").raise_for_status().json()
    models = listed.get("data") if isinstance(listed, dict) else None
    if not isinstance(models, list) or not models or not isinstance(models[0].get("id"), str):
        raise ValueError("it lists no model, so name one with --model")
    return str(models[0]["id"])


def _sum_up(cases: int, differing: int) -> None:
    click.echo(f"{cases} cases, {differing} of them differ" if differing else f"{cases} cases, all as expected")


@contextmanager
def _bar(length: int, label: str) -> Iterator[Callable[[], None]]:
    """A bar on a terminal; it gives the function that moves it one step."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    with click.progressbar(length=length, label=label, file=sys.stderr) as bar:
        yield lambda: bar.update(1)
