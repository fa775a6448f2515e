"""The README's generated tables, and its examples as they stand there: `python -m tests.readme` writes the tables."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from pathlib import Path

from translator.chat_over_responses.ledger import LEDGER as CHAT_LEDGER
from translator.responses_over_chat.ledger import LEDGER
from translator.server.settings import HABITS, Client, Settings, Upstream

README = Path(__file__).parent.parent / "README.md"


def section(name: str) -> str:
    """What stands between `<!-- name -->` and `<!-- end -->`."""
    found = re.search(rf"<!-- {name} -->\n(.*?) *<!-- end -->", README.read_text(), re.S)
    assert found is not None, name
    return found[1]


def code(name: str) -> str:
    """The fenced code of a section, without its fence."""
    return textwrap.dedent(section(name)).split("\n", 1)[1].rsplit("```", 1)[0]


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def field_table() -> str:
    """The ledger: each request field and its fate."""
    rows = (
        (f"`{name}`", entry.fate, f"`{entry.chat}`" if entry.chat else "", entry.why) for name, entry in LEDGER.items()
    )
    return _table(("field", "fate", "chat parameter", ""), [*rows, ("any other", "carried", "the same", "Passed on.")])


def chat_field_table() -> str:
    """The mirror's ledger."""
    rows = (
        (f"`{name}`", entry.fate, f"`{entry.responses}`" if entry.responses else "", entry.why)
        for name, entry in CHAT_LEDGER.items()
    )
    return _table(("field", "fate", "Responses field", ""), [*rows, ("any other", "carried", "the same", "Passed on.")])


def settings_table() -> str:
    """The settings with their defaults, and those of an upstream."""
    rows = []
    for model, prefix in ((Settings, ""), (Upstream, "upstreams[]."), (Client, "clients[].")):
        for name, field in sorted(model.model_fields.items(), key=lambda entry: entry[0] in HABITS):
            default = "" if field.is_required() or field.default_factory else field.default
            shown = "" if default in ("", None, ()) else f"`{str(default).lower() if default is True else default}`"
            rows.append((f"`{prefix}{name}`", shown, field.description or ""))
    return _table(("setting", "default", ""), rows)


PROGRAMS = Path(__file__).parent / "clients" / "programs"
CLIENTS = (
    ("**Codex** (CLI, editors and app), in `~/.codex/config.toml`:", "codex.toml"),
    ("or with its own provider, which also speaks over a WebSocket and compacts by itself:", "codex_own_provider.toml"),
    (
        "Codex can be told what it does not know of a model, its window, efforts and tools, by the server:",
        "codex_models.sh",
    ),
    ("**Codex SDK**:", "codex_sdk.mjs"),
    ("**OpenAI SDK**, Python:", "openai_client.py"),
    ("**OpenAI SDK**, Node:", "openai_client.mjs"),
    ("**Agents SDK**, Python:", "agents_sdk.py"),
    ("**Agents SDK**, JavaScript:", "agents_sdk.mjs"),
    ("**Vercel AI SDK**, with OpenAI's provider:", "vercel_openai.mjs"),
    ("**Vercel AI SDK**, with that of Open Responses:", "vercel_open_responses.mjs"),
    ("**LangChain**:", "langchain_chat.py"),
    ("**Pydantic-AI**:", "pydantic_agents.py"),
    ("**LlamaIndex**:", "llamaindex.py"),
)
"""The words before each program's configuration, and the program."""


def client_blocks() -> str:
    """The lines that make each client work, out of the programs that the tests run."""
    blocks = []
    for words, name in CLIENTS:
        text = (PROGRAMS / name).read_text()
        found = re.search(r"^(?:#|//) \[configuration\]\n(.*?)^(?:#|//) \[end\]$", text, re.S | re.M)
        assert found is not None, name
        language = {"mjs": "js", "py": "python"}.get(name.rsplit(".", 1)[1], name.rsplit(".", 1)[1])
        blocks.append(f"{words}\n\n```{language}\n{found[1]}```\n")
    return "\n".join(blocks)


TABLES = {"clients": client_blocks, "fields": field_table, "chat-fields": chat_field_table, "settings": settings_table}


def put(name: str, text: str) -> None:
    """Put a text between `<!-- name -->` and `<!-- end -->`."""
    before, start, rest = README.read_text().partition(f"<!-- {name} -->\n")
    README.write_text(before + start + text + rest[rest.index("<!-- end -->") :])


def write() -> None:
    """Put the tables as they should be into the README."""
    for name, table in TABLES.items():
        put(name, table())


if __name__ == "__main__":
    write()
