"""Runs scenarios one after the other and reports each as a line of JSON; a scenario's model is named after it."""

import asyncio
import inspect
import json
import sys
import traceback

_SCENARIOS = {}


def scenario(body):
    """Registers a function, plain or async, that takes the model's name and returns what the client saw."""
    _SCENARIOS[body.__name__] = body
    return body


def run():
    """Runs all that were registered."""
    asyncio.run(_run(sys.argv[1]))


async def _run(client):
    for name, body in _SCENARIOS.items():
        try:
            saw = body(f"{client}.{name}")
            report = {"scenario": name, "saw": await saw if inspect.isawaitable(saw) else saw}
        except Exception:
            report = {"scenario": name, "error": traceback.format_exc()}
        print(json.dumps(report), flush=True)
