"""The built-in `shell` tool: commands that the client runs."""

from __future__ import annotations

from typing import Any

from pydantic_core import to_json

from ..tool_names import ToolNames
from .kind import ToolKind, integer

JSON = dict[str, Any]

_LIMITS = ("timeout_ms", "max_output_length")

_DESCRIPTION = "Runs shell commands on the user's machine, one after the other, and returns what each wrote."
_PARAMETERS: JSON = {
    "type": "object",
    "properties": {
        "commands": {
            "type": "array",
            "items": {"type": "string"},
            "description": "The commands, each as one line for the shell.",
        },
        "timeout_ms": {"type": "integer", "description": "How long they may run, in milliseconds."},
        "max_output_length": {"type": "integer", "description": "How many characters of output to return."},
    },
    "required": ["commands"],
    "additionalProperties": False,
}


def runs_at_the_client(tool: JSON) -> bool:
    """Whether the client runs the commands; else they are meant for a container of OpenAI's."""
    return bool(tool.get("environment", {}).get("type", "local") == "local")


def _offer(tool: JSON) -> JSON:
    words = [_DESCRIPTION]
    skills = tool.get("environment", {}).get("skills", ())
    if skills:
        words.append("There are skills, each a folder with instructions; read them before you use one:")
        words += [f"- {skill['name']} ({skill.get('path', '')}): {skill.get('description', '')}" for skill in skills]
    return {"description": "\n".join(words), "parameters": _PARAMETERS}


def _arguments(call: JSON) -> str:
    action = call["action"]
    return to_json({key: action[key] for key in ("commands", *_LIMITS) if key in action}).decode()


def _fields(arguments: JSON) -> JSON | None:
    commands = arguments.get("commands", arguments.get("command"))
    if isinstance(commands, str):
        commands = [commands]
    if not isinstance(commands, list) or not commands or not all(isinstance(command, str) for command in commands):
        return None
    limits = {key: integer(arguments.get(key)) for key in _LIMITS}
    return {"action": {"commands": commands, **limits}, "environment": {"type": "local"}}


def _result(output: JSON, _: ToolNames) -> str:
    return "\n\n".join(map(_written, output["output"])) or "There was no output."


def _written(output: JSON) -> str:
    outcome = output.get("outcome", {})
    if outcome.get("type") == "timeout":
        lines = ["It was stopped: it took too long."]
    else:
        lines = [f"Exit code: {outcome.get('exit_code', 0)}"]
    for stream in ("stdout", "stderr"):
        if output.get(stream):
            lines += [f"{stream}:", output[stream]]
    return "\n".join(lines)


SHELL = ToolKind(
    type="shell",
    call="shell_call",
    output="shell_call_output",
    prefix="sh",
    offer=_offer,
    arguments=_arguments,
    fields=_fields,
    result=_result,
)
