"""The commands that serve, or that ask upstreams: `serve`, `dialects`, `probe`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import click
from pydantic import SecretStr, ValidationError
from pydantic_core import to_json

from ..dialects import Fact
from ..dialects.listing import list_dialects, list_learned, show_dialect
from ..errors import StoreUnavailable, TranslatorError
from . import running
from .configuration import Sources, load
from .kept import Kept
from .knowledge import FACT, read_facts
from .origins import PREFIX, WrongSetting
from .probe import Report
from .probe import probe as ask_upstream
from .questions import QUESTIONS
from .settings import Settings, Upstream
from .upstream import UpstreamClient, open_transport

Command = Callable[..., None]


def _setting(flag: str, field: str, **more: Any) -> Callable[[Command], Command]:
    """A flag for a setting, with the setting's own words as its help; its value is checked with all others."""
    meaning = (Sources.model_fields[field].description or "").rstrip(".")
    variable = PREFIX + flag.removeprefix("--").replace("-", "_").upper()
    again = "; can be repeated" if more.get("multiple") else ""
    default = Sources.model_fields[field].get_default()
    shown = f"default: {default}, " if isinstance(default, str | int) else ""
    return click.option(flag, field, default=None, help=f"{meaning}{again}. [{shown}env: {variable}]", **more)


_config_option = click.option(
    "--config",
    metavar="FILE",
    envvar=f"{PREFIX}CONFIG",
    type=click.Path(path_type=Path),
    help=f"A TOML file with settings, such as translator.toml. [env: {PREFIX}CONFIG]",
)


@click.command()
@_setting("--upstream", "upstream", metavar="URL")
@_setting("--upstream-api-key", "upstream_api_key", metavar="KEY")
@_setting("--upstream-wire", "upstream_wire", metavar="chat|responses")
@_setting("--host", "host", metavar="ADDRESS")
@_setting("--port", "port", metavar="PORT")
@_setting("--store", "store", metavar="URL")
@_setting("--workers", "workers", metavar="N")
@_setting("--api-key", "api_keys", metavar="KEY", multiple=True)
@_setting("--auth", "auth", metavar="keys|passthrough")
@_setting("--model", "models", metavar="PUBLIC=UPSTREAM", multiple=True)
@_config_option
def serve(config: Path | None, **flags: Any) -> None:
    """Serve the Responses API.

    Flags win over environment variables, these over the file. Every setting has a variable TRANSLATOR_… and a key in
    the file; the ones without a flag are described with the file.
    """
    given = {name: value for name, value in flags.items() if value not in (None, ())}
    try:
        settings = load(given, config)
        listener = running.listen(settings)
        location = running.check_store(settings)
    except WrongSetting as wrong:
        _give_up(wrong)
    click.echo("\n".join(running.announcement(settings, listener, location)))
    running.run(settings, listener)


@click.command()
@click.argument("name", required=False)
@click.option("--model", help="Show what holds for this model of the upstream's.")
@click.option("--learned", is_flag=True, help="Show what was learned of the configured upstreams, from the store.")
@_config_option
def dialects(name: str | None, model: str | None, learned: bool, config: Path | None) -> None:
    """List the known dialects, or show every switch of one."""
    try:
        if learned:
            click.echo(list_learned(asyncio.run(_learned(load({}, config)))))
        elif name is not None:
            click.echo(show_dialect(name, model))
        else:
            click.echo(list_dialects())
    except (WrongSetting, StoreUnavailable, ValueError) as wrong:
        _give_up(wrong)


async def _learned(settings: Settings) -> dict[str, list[Fact]]:
    """What the store holds, by upstream and model."""
    kept = Kept(settings)
    async with kept.open():
        rows = await kept.store.learned.all()
    return {f"{row.upstream} {row.model}": read_facts(row) for row in rows if row.name == FACT}


@click.command()
@click.argument("url")
@click.option("--model", help="The model to ask; without one the first that the upstream lists.")
@click.option("--api-key", envvar=f"{PREFIX}UPSTREAM_API_KEY", help="The key that the upstream wants.")
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
@click.option("--write", type=click.Path(path_type=Path), help="Write the settings to this new file.")
def probe(url: str, model: str | None, api_key: str | None, as_json: bool, write: Path | None) -> None:
    """Ask an upstream what it takes, in a dozen small requests, and print the settings that follow."""
    try:
        upstream = Upstream(base_url=url, api_key=SecretStr(api_key) if api_key else None)
        report = asyncio.run(_probe(upstream, model))
        if write is not None:
            with write.open("x", encoding="utf-8") as file:
                file.write(report.to_toml())
    except ValidationError as wrong:
        _give_up(f"URL {wrong.errors(include_url=False)[0]['msg'].removeprefix('Value error, ')}.")
    except (TranslatorError, OSError) as wrong:
        _give_up(wrong)
    if as_json:
        click.echo(to_json(report.to_json(), indent=2))
        return
    rows = report.rows()
    width = max(map(len, rows))
    for name, finding in rows.items():
        click.echo(f"{name:<{width}}  {finding}")
    click.echo(f"\n{report.to_toml()}", nl=False)


async def _probe(settings: Upstream, model: str | None) -> Report:
    upstream = UpstreamClient(settings, open_transport())
    try:
        with click.progressbar(length=len(QUESTIONS), label="Asking", file=sys.stderr) as bar:
            return await ask_upstream(upstream, model, tell=lambda name: bar.update(1))
    finally:
        await upstream.aclose()


def _give_up(why: object) -> NoReturn:
    click.echo(str(why), err=True)
    raise SystemExit(2)
