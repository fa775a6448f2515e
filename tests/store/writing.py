"""A process that stores until it is killed, and says what was acknowledged: `python -m tests.store.writing URL MODE`.

Mode `chains`: sixteen chains grow at once, every second one in a conversation; a line for each response is
`RESPONSE POSITION CONVERSATION`, written after its save returned. Mode `append CONVERSATION COUNT`: appends COUNT
items, sixteen at a time, and exits.
"""

from __future__ import annotations

import asyncio
import os
import sys

from tests.store.turns import TENANT, message, new_id, response
from translator.store import Conversation, Store, open_store


async def grow(store: Store, in_conversation: bool) -> None:
    conversation = new_id("conv") if in_conversation else None
    if conversation is not None:
        await store.conversations.create(Conversation(TENANT, conversation, 1))
    parent, position = None, 0
    while True:
        position += 1
        made = response(parent=parent, conversation_id=conversation)
        spoken = [*made.input, *made.output] if conversation else []
        await store.responses.save(made, conversation_items=spoken)
        os.write(1, f"{made.id} {position} {conversation or '-'}\n".encode())
        parent = made.id


async def append(store: Store, conversation: str, count: int) -> None:
    for start in range(0, count, 16):
        names = [f"msg_{os.getpid()}_{n}" for n in range(start, min(start + 16, count))]
        await asyncio.gather(
            *(store.conversations.append(TENANT, conversation, [message(name, name)]) for name in names)
        )


async def main() -> None:
    url, mode, *rest = sys.argv[1:]
    store = await open_store(url)
    if mode == "chains":
        os.write(1, b"ready\n")
        await asyncio.gather(*(grow(store, n % 2 == 0) for n in range(16)))
    else:
        await append(store, rest[0], int(rest[1]))
        await store.close()


if __name__ == "__main__":
    asyncio.run(main())
