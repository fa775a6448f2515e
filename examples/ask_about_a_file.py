"""Upload a PDF once, ask about it, and ask again: chat-only models that take no files are told what stands in it.

    python examples/ask_about_a_file.py

It starts a server with a demo model, which repeats what it is told. Set OPENAI_BASE_URL, OPENAI_API_KEY and MODEL to
use your own.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from openai import OpenAI
from openai.types.responses import ResponseInputParam

MODEL = os.environ.get("MODEL", "demo")
DOCUMENT = Path(__file__).with_name("house_rules.pdf")


def use(client: OpenAI) -> None:
    """Upload, ask, go on, delete."""
    file = client.files.create(file=DOCUMENT, purpose="user_data")
    print(f"Uploaded: {file.filename}, {file.bytes} bytes")

    question: ResponseInputParam = [
        {
            "role": "user",
            "content": [
                {"type": "input_file", "file_id": file.id},
                {"type": "input_text", "text": "What is the cat called?"},
            ],
        }
    ]
    first = client.responses.create(model=MODEL, input=question)
    print(first.output_text)

    again = client.responses.create(model=MODEL, previous_response_id=first.id, input="And who feeds it?")
    print(f"The next turn is told of it, too: {again.usage.input_tokens if again.usage else 0} tokens.")
    print("Deleted:", client.files.delete(file.id).deleted)


if __name__ == "__main__":
    if "OPENAI_BASE_URL" in os.environ:
        use(OpenAI())
    else:
        command = [sys.executable, "-m", "translator", "serve", "--port", "0"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
            url = server.stdout.readline().split()[-1] if server.stdout else ""  # its first line ends with its address
            try:
                use(OpenAI(base_url=url, api_key="unused"))
            finally:
                server.terminate()
