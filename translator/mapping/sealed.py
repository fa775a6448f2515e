"""What is carried between turns in sealed form: raw reasoning and compacted conversations."""

from __future__ import annotations

from typing import Any, Protocol

from ..errors import InvalidRequest

JSON = dict[str, Any]

REASONING = "reasoning"
COMPACTION = "compaction"

SUMMARY_HEADING = "Summary of the conversation up to here:"


class Sealer(Protocol):
    """Closes JSON into opaque text and opens it again; `translator.sealing.Seal` is one."""

    def close(self, kind: str, content: JSON) -> str:
        """JSON → sealed text."""
        ...

    def open(self, kind: str, sealed: str, path: str) -> JSON | None:
        """Sealed text → JSON, None for what others sealed; raises InvalidRequest for what was altered."""
        ...


def open_reasoning(item: JSON, sealer: Sealer | None, path: str) -> JSON:
    """What a reasoning item carries sealed; empty where there is nothing, or others sealed it.

    `text` is the raw reasoning; `reasoning_details` and `calls` (by call id) are the upstream's own words for it and
    for calls, see `mapping.provider_data`.
    """
    sealed = item.get("encrypted_content")
    if not sealed or sealer is None:
        return {}
    return sealer.open(REASONING, sealed, f"{path}.encrypted_content") or {}


def open_compaction(item: JSON, sealer: Sealer | None, path: str) -> JSON:
    """A compaction item → the user message that tells the model what was compacted.

    Raises InvalidRequest where the item is empty, altered or another server's: what it stands for would be lost.
    """
    where = f"{path}.encrypted_content"
    sealed = item.get("encrypted_content")
    content = sealer.open(COMPACTION, sealed, where) if sealer is not None and isinstance(sealed, str) else None
    if content is None:
        raise InvalidRequest(
            f"'{where}' was not made by this server, so what it stands for is not known here; send the conversation "
            "itself instead.",
            param=where,
            code="invalid_encrypted_content",
        )
    return {"role": "user", "content": f"{SUMMARY_HEADING}\n\n{content['summary']}"}
