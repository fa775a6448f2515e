"""Content: the parts of a message, text, images, files and sound."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import Any

from ..dialects import Dialect
from ..errors import InvalidRequest, Unsupported
from .attachments import NO_ATTACHMENTS, Attachments
from .losses import Losses, beyond

JSON = dict[str, Any]

_CHAT_DETAILS = frozenset({"auto", "low", "high"})


_TEXT = frozenset({"type", "text", "annotations", "logprobs"})
_KNOWN = {
    **dict.fromkeys(("input_text", "text", "summary_text", "reasoning_text"), _TEXT - {"annotations", "logprobs"}),
    "output_text": _TEXT,
    "input_image": frozenset({"type", "image_url", "file_id", "detail"}),
    "input_file": frozenset({"type", "file_data", "file_url", "file_id", "filename", "detail"}),
}
"""What is known of each kind of parts; logprobs tell how an answer was made, and are nothing to be sent."""


def _report_unsaid(part: JSON, known: Set[str], path: str, losses: Losses, api: str) -> None:
    for key in beyond(part, known):
        losses.report(f"{path}.{key}", f"{api} has no '{key}' here")


def text_of(parts: Sequence[JSON], separator: str = "") -> str:
    """The text of all parts that have any, joined."""
    return separator.join(part["text"] for part in parts if isinstance(part.get("text"), str))


def is_text(part: JSON) -> bool:
    """Whether a chat part is plain text."""
    return bool(part["type"] == "text")


def map_content(
    content: str | Sequence[JSON],
    path: str,
    dialect: Dialect,
    losses: Losses,
    attachments: Attachments = NO_ATTACHMENTS,
) -> list[JSON]:
    """Responses content → chat parts, in order, attachments in their places; a string is one text part."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    mapped: list[JSON] = []
    for index, part in enumerate(content):
        place = f"{path}[{index}]"
        attachment = attachments.get(place)
        if attachment is not None and attachment.loss is not None:
            losses.report(place, attachment.loss)
        if not _KNOWN.get(part["type"], part.keys()) >= part.keys():
            _report_unsaid(part, _KNOWN[part["type"]], place, losses, "chat")
        if part.get("annotations"):  # nearly always there, and empty
            losses.report(f"{place}.annotations", "chat cites in its replies alone")
        parts = (part,) if attachment is None else attachment.parts
        if part["type"] == "input_file" and "detail" in part:
            losses.report(f"{place}.detail", "chat knows no detail of files")
        mapped.extend(map_part(part, place, dialect, losses) for part in parts)
    return mapped


def map_part(part: JSON, path: str, dialect: Dialect, losses: Losses) -> JSON:
    """One Responses part → the chat part that says the same; raises Unsupported with its path where there is none."""
    match part["type"]:
        case "input_text" | "output_text" | "text" | "summary_text" | "reasoning_text":
            return {"type": "text", "text": part["text"]}
        case "refusal":
            return {"type": "refusal", "refusal": part["refusal"]}
        case "input_image":
            return _map_image(part, path, dialect, losses)
        case "input_file":
            return _map_file(part, path, dialect)
        case "input_audio":
            if not dialect.audio:
                raise Unsupported("The upstream takes no audio; send its transcript as text.", param=path)
            return {"type": "input_audio", "input_audio": part["input_audio"]}
        case other:
            raise InvalidRequest(
                f"Invalid '{path}.type': '{other}' is no content part that can be sent to a chat upstream; "
                "use input_text, input_image, input_file, input_audio, output_text or refusal.",
                param=f"{path}.type",
                code="invalid_value",
            )


def _map_image(part: JSON, path: str, dialect: Dialect, losses: Losses) -> JSON:
    url = part.get("image_url")
    if url is None:
        if "file_id" in part:
            raise Unsupported(
                f"'{path}.file_id' cannot be resolved here; send the image as a data URL in image_url.",
                param=f"{path}.file_id",
            )
        raise InvalidRequest(
            f"Missing required parameter: '{path}.image_url'.",
            param=f"{path}.image_url",
            code="missing_required_parameter",
        )
    kind = "data" if url.startswith("data:") else "url"
    if kind not in dialect.image:
        way_out = "send it as a base64 data URL." if dialect.image else "describe it in words."
        raise Unsupported(
            f"The upstream does not take this image at '{path}.image_url'; {way_out}",
            param=f"{path}.image_url",
        )
    image: JSON = {"url": url}
    detail = part.get("detail")
    if detail is not None:
        if not dialect.image_detail:
            losses.report(f"{path}.detail", "the upstream knows no detail")
        elif detail in _CHAT_DETAILS:
            image["detail"] = detail
        else:
            # Codex asks for "original"; chat knows nothing above "high"
            image["detail"] = "high"
            losses.report(f"{path}.detail", f"chat has no detail '{detail}', sent as 'high'")
    return {"type": "image_url", "image_url": image}


def _map_file(part: JSON, path: str, dialect: Dialect) -> JSON:
    if dialect.file == "upload" and "file_id" in part:
        return {"type": "file", "file": {"file_id": part["file_id"]}}
    data = part.get("file_data")
    if data is None:
        for key in ("file_url", "file_id"):
            if key in part:
                raise Unsupported(
                    f"'{path}.{key}' cannot be resolved here; send the file's bytes in file_data.",
                    param=f"{path}.{key}",
                )
        raise InvalidRequest(
            f"Missing required parameter: '{path}.file_data'.",
            param=f"{path}.file_data",
            code="missing_required_parameter",
        )
    if not dialect.file:
        name = part.get("filename", "the file")
        raise Unsupported(f"The upstream takes no files; send the text of {name} instead.", param=path)
    if dialect.file == "upload":
        raise Unsupported(
            f"The upstream knows files by its own ids alone; upload the one at '{path}' to it and send its file_id.",
            param=f"{path}.file_data",
        )
    file: JSON = {"file_data": data}
    if "filename" in part:
        file["filename"] = part["filename"]
    return {"type": "file", "file": file}


def chat_content(parts: Sequence[JSON], *, arrays: bool, separator: str, path: str) -> str | list[JSON]:
    """Chat parts as the `content` of a message: a string where a string will do.

    One text part is always a string. Several stay a list where the role may hold one; where not, their texts are
    joined with `separator`, and a part that is no text is refused.
    """
    if len(parts) == 1 and is_text(parts[0]):
        text: str = parts[0]["text"]
        return text
    if arrays:
        return list(parts)
    for part in parts:
        if not is_text(part):
            raise Unsupported(
                f"The upstream takes only text in this message, not '{part['type']}'; put it in a user message, or in "
                "words.",
                param=path,
            )
    return separator.join(part["text"] for part in parts)


# ---- chat → Responses ----


def content_from_chat(
    content: str | Sequence[JSON], path: str, losses: Losses, text: str = "input_text"
) -> str | list[JSON]:
    """Chat content → Responses content; `text` is the type of its text: `output_text` is an assistant's."""
    if isinstance(content, str):
        return content
    return [part_from_chat(part, f"{path}[{index}]", losses, text) for index, part in enumerate(content)]


def part_from_chat(part: JSON, path: str, losses: Losses, text: str) -> JSON:
    """One chat part → the Responses part that says the same; raises Unsupported with its path where there is none."""
    kind = part["type"]
    if len(part) > 2:  # its type, and what is of this type
        _report_unsaid(part, {"type", kind}, path, losses, "the Responses API")
    match kind:
        case "text":
            return {"type": text, "text": part["text"]}
        case "refusal" | "input_audio":
            return {"type": kind, kind: part[kind]}
        case "image_url":
            image = part["image_url"]
            _report_unsaid(image, {"url", "detail"}, f"{path}.image_url", losses, "the Responses API")
            detail = {"detail": image["detail"]} if "detail" in image else {}
            return {"type": "input_image", "image_url": image["url"], **detail}
        case "file":
            return {"type": "input_file", **part["file"]}
        case other:
            raise Unsupported(
                f"The Responses API has no '{other}' part, as at '{path}'; use text, image_url, file or input_audio.",
                param=f"{path}.type",
            )


def annotation_to_chat(annotation: JSON, shift: int) -> JSON | None:
    """A citation of Responses → chat's, `shift` characters later in the text; None for one that chat cannot say."""
    if annotation.get("type") != "url_citation":
        return None
    cited = {key: value for key, value in annotation.items() if key != "type"}
    for key in ("start_index", "end_index"):
        if isinstance(cited.get(key), int):
            cited[key] += shift
    return {"type": "url_citation", "url_citation": cited}
