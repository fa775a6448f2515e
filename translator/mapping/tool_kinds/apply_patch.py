"""The built-in `apply_patch` tool: files are created, updated and deleted by diffs."""

from __future__ import annotations

from typing import Any

from pydantic_core import to_json

from ..tool_names import ToolNames
from .kind import ToolKind

JSON = dict[str, Any]

_KEYS = ("type", "path", "diff")

_OFFER: JSON = {
    "description": (
        "Creates, updates or deletes one file in the workspace. Call it once for each file.\n\n"
        "To create a file, `diff` holds its whole text with a `+` before every line. To update one, `diff` holds the "
        "changed sections. A section starts with `@@`, optionally followed by a line of the file that stands above "
        "it, such as the head of a function; then come the lines: unchanged ones begin with a space, removed ones with "
        "`-`, added ones with `+`. Give about three unchanged lines around each change. There are no line numbers and "
        "no file headers. To delete a file, leave `diff` out."
    ),
    "parameters": {
        "type": "object",
        "properties": {
            "type": {
                "type": "string",
                "enum": ["create_file", "update_file", "delete_file"],
                "description": "What is done to the file.",
            },
            "path": {"type": "string", "description": "The file, relative to the root of the workspace."},
            "diff": {"type": "string", "description": "The new text or the changes; not for delete_file."},
        },
        "required": ["type", "path"],
        "additionalProperties": False,
    },
}


def _offer(_: JSON) -> JSON:
    return _OFFER


def _arguments(call: JSON) -> str:
    operation = call["operation"]
    return to_json({key: operation[key] for key in _KEYS if key in operation}).decode()


def _fields(arguments: JSON) -> JSON | None:
    # what the model reads in the history of other servers may lead it to repeat the item's own nesting
    operation = arguments.get("operation", arguments)
    if not isinstance(operation, dict):
        return None
    kind, path, diff = (operation.get(key) for key in _KEYS)
    if not isinstance(path, str) or not path:
        return None
    if kind == "delete_file":
        return {"operation": {"type": kind, "path": path}}
    if kind not in ("create_file", "update_file") or not isinstance(diff, str):
        return None
    return {"operation": {"type": kind, "path": path, "diff": diff}}


def _result(output: JSON, _: ToolNames) -> str:
    said = output.get("output", "")
    if output["status"] == "failed":
        return f"The patch failed. {said}".rstrip()
    return said or "The patch was applied."


APPLY_PATCH = ToolKind(
    type="apply_patch",
    call="apply_patch_call",
    output="apply_patch_call_output",
    prefix="apc",
    offer=_offer,
    arguments=_arguments,
    fields=_fields,
    result=_result,
)
