"""`translator diff`."""

from __future__ import annotations

from typing import BinaryIO

import click

from ..errors import TranslatorError, Unsupported
from .comparison import Said, as_written, canonical, differences
from .report import in_words


@click.command()
@click.argument("first", type=click.File("rb"))
@click.argument("second", type=click.File("rb"))
@click.option("--ids", is_flag=True, help="Compare ids and times, too.")
def diff(first: BinaryIO, second: BinaryIO, ids: bool) -> None:
    """Tell whether two requests, replies or recorded streams say the same.

    Each may be of either API: a completion is compared with a recorded stream of events, a chat request with the
    Responses request that is to take its place. What only one of them can say counts as a difference, too. The status
    is 1 where they differ, 2 where they cannot be compared.
    """
    first_said, second_said = _read(first, second)
    if ("choices" in first_said.document) != ("choices" in second_said.document):
        click.echo("One of them is a request, the other a reply.", err=True)
        raise SystemExit(2)
    lines = list(differences(first_said, second_said, identities=ids))
    for line in lines:
        click.echo(line)
    if lines:
        raise SystemExit(1)


def _read(*files: BinaryIO) -> list[Said]:
    texts = [file.read() for file in files]
    said = []
    for file, text in zip(files, texts, strict=True):
        try:
            said.append(canonical(text))
        except TranslatorError as error:
            written = list(filter(None, map(as_written, texts))) if isinstance(error, Unsupported) else []
            if len(written) == len(files):
                return written
            click.echo(f"{file.name}: {in_words(error)}", err=True)
            raise SystemExit(2) from None
    return said
