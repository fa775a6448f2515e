"""`translator diff`."""

from __future__ import annotations

from typing import BinaryIO

import click

from ..errors import TranslatorError
from .comparison import canonical, differences


@click.command()
@click.argument("first", type=click.File("rb"))
@click.argument("second", type=click.File("rb"))
@click.option("--ids", is_flag=True, help="Compare ids and times, too.")
def diff(first: BinaryIO, second: BinaryIO, ids: bool) -> None:
    """Tell whether two requests, replies or recorded streams say the same.

    Each may be of either API: a completion is compared with a recorded stream of events, a chat request with the
    Responses request that is to take its place. The status is 1 where they differ, 2 where they cannot be compared.
    """
    said = []
    for file in (first, second):
        try:
            said.append(canonical(file.read()))
        except TranslatorError as error:
            where = f"{error.param}: " if error.param else ""
            click.echo(f"{file.name}: {where}{error.message}", err=True)
            raise SystemExit(2) from None
    if ("choices" in said[0]) != ("choices" in said[1]):
        click.echo("One of them is a request, the other a reply.", err=True)
        raise SystemExit(2)
    lines = list(differences(*said, identities=ids))
    for line in lines:
        click.echo(line)
    if lines:
        raise SystemExit(1)
