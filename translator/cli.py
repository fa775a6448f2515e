"""The command line. Each command is loaded when it is called: converting a file needs nothing of the server."""

from __future__ import annotations

from importlib import import_module

import click

from . import __version__

_COMMANDS = {
    "serve": "server.commands",
    "convert": "conversion.command",
    "diff": "conversion.diff_command",
    "verify": "verification.command",
    "dialects": "server.commands",
    "probe": "server.commands",
}
"""The module of each command, which has its name there."""


class _Commands(click.Group):
    """Commands by their names."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, in the order of the table."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, None where there is none."""
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(import_module(f".{_COMMANDS[cmd_name]}", __package__), cmd_name)
        return command


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="translator")
def main() -> None:
    """Make any chat-only upstream speak OpenAI's Responses API."""
