"""The core is a library: importing and using it brings in nothing of the server."""

from __future__ import annotations

import subprocess
import sys

import pytest

SERVERS = ("starlette", "uvicorn", "httpx", "aiohttp", "sqlalchemy", "asyncpg", "alembic", "click", "pydantic_settings")

BOTH_WAYS = """
import sys
from translator import chat_over_responses, responses_over_chat

there = chat_over_responses.translate_request({"model": "m", "messages": [{"role": "user", "content": "Hi"}]})
back = responses_over_chat.translate_request(there.responses_request)
reply = back.translate_response({"choices": [{"message": {"content": "Hello."}}]}, response_id="resp_1")
print(there.translate_response(reply)["choices"][0]["message"]["content"])
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_the_core_works_both_ways_without_the_server_s_dependencies() -> None:
    done = subprocess.run([sys.executable, "-c", BOTH_WAYS], capture_output=True, text=True, check=True, timeout=60)
    answer, modules = done.stdout.splitlines()
    assert answer == "Hello."
    assert not set(SERVERS) & set(modules.split())


@pytest.mark.parametrize("package", ["chat_over_responses", "responses_over_chat"])
def test_importing_an_exchange_imports_no_server(package: str) -> None:
    command = [sys.executable, "-X", "importtime", "-c", f"import translator.{package}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "pydantic" in imported, "the listing was not understood"
    assert not set(SERVERS) & imported
