"""The built-in `local_shell` tool, the elder one: one command and its arguments that the client runs."""

from __future__ import annotations

from typing import Any

from pydantic_core import to_json

from .kind import ToolKind, content, integer

JSON = dict[str, Any]

_KEYS = ("command", "working_directory", "env", "timeout_ms", "user")

_OFFER: JSON = {
    "description": (
        "Runs a command on the user's machine and returns what it wrote. The command is a list: the program, then each "
        'of its arguments. For pipes, globs or several commands, call a shell: ["bash", "-lc", "ls | wc -l"].'
    ),
    "parameters": {
        "type": "object",
        "properties": {
            "command": {
                "type": "array",
                "items": {"type": "string"},
                "description": "The program and its arguments.",
            },
            "working_directory": {"type": "string", "description": "Where to run it."},
            "env": {
                "type": "object",
                "additionalProperties": {"type": "string"},
                "description": "Environment variables to set.",
            },
            "timeout_ms": {"type": "integer", "description": "How long it may run, in milliseconds."},
        },
        "required": ["command"],
        "additionalProperties": False,
    },
}


def _offer(_: JSON) -> JSON:
    return _OFFER


def _arguments(call: JSON) -> str:
    action = call["action"]
    return to_json({key: action[key] for key in _KEYS if action.get(key)}).decode()


def _fields(arguments: JSON) -> JSON | None:
    command = arguments.get("command")
    if isinstance(command, str):
        command = ["bash", "-lc", command]
    if not isinstance(command, list) or not command or not all(isinstance(word, str) for word in command):
        return None
    env = arguments.get("env")
    action: JSON = {
        "type": "exec",
        "command": command,
        "env": {key: str(value) for key, value in env.items()} if isinstance(env, dict) else {},
    }
    # left out where nothing is said: Vercel's AI SDK takes no null for them
    if (timeout := integer(arguments.get("timeout_ms"))) is not None:
        action["timeout_ms"] = timeout
    for key in ("user", "working_directory"):
        if isinstance(arguments.get(key), str):
            action[key] = arguments[key]
    return {"action": action}


LOCAL_SHELL = ToolKind(
    type="local_shell",
    call="local_shell_call",
    output="local_shell_call_output",
    prefix="lsh",
    offer=_offer,
    arguments=_arguments,
    fields=_fields,
    result=content,
)
