"""Moving to the Responses API, step 4: batches, logs and recordings, file by file.

    python examples/moving_4_files.py

It converts a small batch and a recorded stream as `translator convert --to responses FILE` does.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

RECORDING = Path(__file__).with_name("recorded_stream.sse")
BATCH = """\
{"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "m", "messages": \
[{"role": "user", "content": "Hi"}]}}
{"custom_id": "b", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "m", "messages": \
[{"role": "user", "name": "Ada", "content": "Hi"}]}}
"""


def convert(text: str) -> subprocess.CompletedProcess[str]:
    """The result on its standard output, what was lost on its standard error."""
    command = [sys.executable, "-m", "translator", "convert", "--to", "responses", "--strict"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=False)


def main() -> None:
    """Print what becomes of the batch, what was lost of it, and the beginning of the stream."""
    done = convert(BATCH)
    print(done.stdout)
    print(done.stderr)
    print("status", done.returncode, "\n")
    for line in convert(RECORDING.read_text()).stdout.splitlines():
        if line.startswith("event:"):
            print(line)


if __name__ == "__main__":
    main()
