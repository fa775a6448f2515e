"""The command line: `translator serve`, and what later joins it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from . import __version__
from .server import running
from .server.configuration import Sources, load
from .server.origins import PREFIX, WrongSetting

Command = Callable[..., None]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="translator")
def main() -> None:
    """Make any chat-only upstream speak OpenAI's Responses API."""


def _setting(flag: str, field: str, **more: Any) -> Callable[[Command], Command]:
    """A flag for a setting, with the setting's own words as its help; its value is checked with all others."""
    meaning = (Sources.model_fields[field].description or "").rstrip(".")
    variable = PREFIX + flag.removeprefix("--").replace("-", "_").upper()
    again = "; can be repeated" if more.get("multiple") else ""
    default = Sources.model_fields[field].get_default()
    shown = f"default: {default}, " if isinstance(default, str | int) else ""
    return click.option(flag, field, default=None, help=f"{meaning}{again}. [{shown}env: {variable}]", **more)


@main.command()
@_setting("--upstream", "upstream", metavar="URL")
@_setting("--upstream-api-key", "upstream_api_key", metavar="KEY")
@_setting("--host", "host", metavar="ADDRESS")
@_setting("--port", "port", metavar="PORT")
@_setting("--api-key", "api_keys", metavar="KEY", multiple=True)
@_setting("--auth", "auth", metavar="keys|passthrough")
@_setting("--model", "models", metavar="PUBLIC=UPSTREAM", multiple=True)
@click.option(
    "--config",
    metavar="FILE",
    envvar=f"{PREFIX}CONFIG",
    type=click.Path(path_type=Path),
    help=f"A TOML file with settings, such as translator.toml. [env: {PREFIX}CONFIG]",
)
def serve(config: Path | None, **flags: Any) -> None:
    """Serve the Responses API.

    Flags win over environment variables, these over the file. Every setting has a variable TRANSLATOR_… and a key in
    the file; the ones without a flag are described with the file.
    """
    given = {name: value for name, value in flags.items() if value not in (None, ())}
    try:
        settings = load(given, config)
        listener = running.listen(settings)
    except WrongSetting as wrong:
        click.echo(str(wrong), err=True)
        raise SystemExit(2) from None
    for line in running.announcement(settings, listener):
        click.echo(line)
    running.run(settings, listener)
