"""The clients' own environment: `python -m tests.clients.environment` installs it beside these files.

    .environment/node           the npm packages of package.json
    .environment/python         the PyPI packages of requirements.txt
    .environment/llamaindex     those of requirements-llamaindex.txt, which need an older OpenAI SDK

What is there already is kept while the lists of packages stay as they are.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE / ".environment"
NODE = ROOT / "node"
PYTHON = ROOT / "python"
LLAMAINDEX = ROOT / "llamaindex"
COMMAND = "python -m tests.clients.environment"

_LISTS = {
    NODE: HERE / "package.json",
    PYTHON: HERE / "requirements.txt",
    LLAMAINDEX: HERE / "requirements-llamaindex.txt",
}


def is_installed(place: Path) -> bool:
    """Whether what its list names was installed there, to the end."""
    stamp = place / ".installed"
    return stamp.exists() and stamp.read_text() == _digest(place)


def python(place: Path) -> Path:
    """The interpreter of one of the virtual environments."""
    return place / "bin" / "python"


def install() -> None:
    """Install what is not there yet."""
    for place, packages in _LISTS.items():
        if is_installed(place):
            continue
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        print(f"installing {packages.name} into {place}", flush=True)
        if place is NODE:
            shutil.copy(packages, place)
            _run("npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error", cwd=place)
        else:
            _run(sys.executable, "-m", "venv", str(place), cwd=HERE)
            _run(str(python(place)), "-m", "pip", "install", "--quiet", "-r", str(packages), cwd=HERE)
        (place / ".installed").write_text(_digest(place))


def _digest(place: Path) -> str:
    return hashlib.sha256(_LISTS[place].read_bytes()).hexdigest()


def _run(*command: str, cwd: Path) -> None:
    subprocess.run(command, cwd=cwd, check=True)


if __name__ == "__main__":
    install()
