"""`translator convert`."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

import click

from ..errors import TranslatorError
from .documents import Converter, Wire
from .files import EVENTS, convert_file
from .report import Report


@click.command()
@click.argument("files", nargs=-1, type=click.File("rb"))
@click.option(
    "--to",
    "to",
    required=True,
    type=click.Choice(["chat", "responses"]),
    help="The API to convert to; what is of it already stays as it is.",
)
@click.option("--strict", is_flag=True, help="End with status 1 if anything could not be carried.")
def convert(files: tuple[BinaryIO, ...], to: Wire, strict: bool) -> None:
    """Convert requests, replies, recorded streams and batches from one API to the other.

    FILES (or what comes on standard input) hold one JSON document, lines of JSON of any number, or recorded streams of
    server-sent events; lines of the Batch API are converted in place. The result goes to standard output, what could
    not be carried to standard error. What cannot be converted at all stays as it is, and makes the status 1; so does a
    stream that broke off or failed, which ends with its error.
    """
    report = Report(lambda line: click.echo(line, err=True))
    converter = Converter(to)
    output = _Output(sys.stdout.buffer.write)
    try:
        for file in files or (sys.stdin.buffer,):
            name = f"{file.name}: " if len(files) > 1 else ""
            output.begin()
            with _progress(file) as progress:
                convert_file(file, output.write, converter, report, name=name, progress=progress)
        sys.stdout.buffer.flush()
    except TranslatorError as error:
        report.refuse("", error)
    except OSError as error:
        # what is left of the output would be complained of once more when Python exits
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):  # who read it has gone, and needs to be told nothing
            raise SystemExit(1) from None
        click.echo(f"Reading or writing failed: {error.strerror}.", err=True)
        raise SystemExit(2) from None
    report.finish()
    if report.refused or (strict and report.losses):
        raise SystemExit(1)


class _Output:
    """What is written of several files: the last line of one, which may stay as it is, must not run into the next."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write
        self._begun = False
        self._tail = b""
        self._end = b"\n"

    def begin(self) -> None:
        """Another file comes."""
        while self._tail and not self._tail.endswith(self._end):
            self.write(b"\n")
        self._begun = False

    def write(self, data: bytes) -> None:
        """Write a piece."""
        if data and not self._begun:
            self._begun = True
            self._end = b"\n\n" if data.startswith(EVENTS) else b"\n"
        self._write(data)
        self._tail = data[-2:] if len(data) > 1 else (self._tail + data)[-2:]


@contextmanager
def _progress(file: BinaryIO) -> Iterator[Callable[[int], object]]:
    """A bar on a terminal that shows how much of a file was read, where its size is known and worth it."""
    size = 0
    if sys.stderr.isatty():
        status = os.fstat(file.fileno())
        size = status.st_size if stat.S_ISREG(status.st_mode) else 0
    if not size or sys.stdout.isatty():
        yield lambda read: None
        return
    with click.progressbar(length=size, label="Converting", file=sys.stderr, update_min_steps=size // 200 + 1) as bar:
        yield bar.update
