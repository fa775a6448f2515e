"""`translator serve` in a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[1]


class Command:
    """`translator serve` with these arguments on a free port; it logs to a file if one is named, else to a pipe."""

    def __init__(self, *arguments: str, log: Path | None = None, **environment: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TRANSLATOR_")}
        with open(log or os.devnull, "ab") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "translator", "serve", "--port", "0", *arguments],
                cwd=ROOT,
                env={**kept, **environment},
                stdout=subprocess.PIPE,
                stderr=file if log else subprocess.PIPE,
                text=True,
            )
        assert self.process.stdout is not None
        self.first_line = self.process.stdout.readline()
        found = re.search(r"http://\S+", self.first_line)
        self.base_url = found[0] if found else ""
        self.port = urlsplit(self.base_url).port or 0

    def stop(self) -> tuple[str, str]:
        """What it printed, and its log where that goes to a pipe."""
        self.process.send_signal(signal.SIGTERM)
        with self.process:  # closes its pipes
            assert self.process.stdout is not None
            # not `communicate`: it passes over what was read ahead with the first line
            printed = self.first_line + self.process.stdout.read()
            log = self.process.stderr.read() if self.process.stderr is not None else ""
            self.process.wait(15)
        return printed, log

    def kill(self) -> None:
        """Ends it without a warning if it still runs, and closes its pipes."""
        with self.process:
            self.process.kill()
