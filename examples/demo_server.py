"""A server with a small demo model, for the examples that need one.

    python examples/demo_server.py

This prints one answer of it; the other examples use `demo_client`. Set OPENAI_BASE_URL, OPENAI_API_KEY and MODEL to use
a server of your own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from openai import OpenAI

MODEL = os.environ.get("MODEL", "demo")


@contextmanager
def demo_client() -> Iterator[OpenAI]:
    """A client of your own server where the environment names one, else of one that is started and ended here."""
    if "OPENAI_BASE_URL" in os.environ:
        yield OpenAI()
        return
    command = [sys.executable, "-m", "translator", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        url = server.stdout.readline().split()[-1] if server.stdout else ""  # its first line ends with its address
        try:
            with OpenAI(base_url=url, api_key="unused") as client:
                yield client
        finally:
            server.terminate()


if __name__ == "__main__":
    with demo_client() as client:
        print(client.responses.create(model=MODEL, input="Hello, world!").output_text)
