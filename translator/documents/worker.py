"""The process that reads one document: it limits itself, reads, answers in JSON and ends.

On its standard input stands one line of JSON, `{"name", "images", "limits"}`, then the document; on its output
`{"kind", "parts", "pages", "full"}`, or `{"fault"}` with what is wrong with the document, and `error` for the log.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from dataclasses import asdict
from typing import Any

from .kinds import Kind, kind_of
from .limits import Limits, Unreadable
from .pages import Pages

JSON = dict[str, Any]

BOOT = (
    "import sys, types; package = types.ModuleType('translator'); package.__path__ = [sys.argv[1]]; "
    "sys.modules['translator'] = package; from translator.documents import worker; worker.main()"
)
"""What the process is started with: the translator itself is not read, which would take longer than most documents."""


_NICENESS = 5  # requests that only pass tokens on go first


def request(name: str, images: bool, limits: Limits) -> bytes:
    """The line before the document."""
    return json.dumps({"name": name, "images": images, "limits": asdict(limits)}).encode() + b"\n"


def main() -> None:
    """Read the document, and say what stands in it."""
    asked = json.loads(sys.stdin.buffer.readline())
    limits = Limits(**asked["limits"])
    confine(limits)
    try:
        answer = read(asked["name"], sys.stdin.buffer.read(), asked["images"], limits)
    except Unreadable as error:
        answer = {"fault": str(error)}
    except MemoryError:
        answer = {"fault": "takes more memory to be read than it may: send a smaller one"}
    except RecursionError:
        answer = {"fault": "is nested too deeply to be read: save it anew"}
    except Exception as error:  # libraries raise whatever they like at what is broken
        answer = {"fault": "is broken: save it anew", "error": f"{type(error).__name__}: {error}"[:500]}
    sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace"))
    sys.stdout.flush()


def read(name: str, data: bytes, images: bool, limits: Limits) -> JSON:
    """What stands in a document. Raises Unreadable, and what its libraries raise."""
    kind = kind_of(name, data)
    pages = Pages(limits)
    count = _read(kind, data, pages, limits, images)
    if not pages.found:
        scanned = kind == "pdf" and not images
        why = "has no text, and the upstream takes no pictures of its pages: send its text" if scanned else "is empty"
        raise Unreadable(why)
    return {"kind": kind, "parts": pages.parts(), "pages": count, "full": pages.full}


def _read(kind: Kind, data: bytes, pages: Pages, limits: Limits, images: bool) -> int | None:
    from . import office, text

    match kind:
        case "pdf":
            from .pdf import read_pdf

            return read_pdf(data, pages, limits, images)
        case "docx":
            office.read_docx(data, pages)
        case "pptx":
            return office.read_pptx(data, pages)
        case "xlsx":
            return office.read_xlsx(data, pages)
        case "html":
            text.read_html(data, pages)
        case "text":
            text.read_text(data, pages)
        case "image":
            raise Unreadable("is an image: send it as input_image")
    return None


def confine(limits: Limits) -> None:
    """Hold this process to its memory and time; it can start nothing and write no file. Elsewhere than on Unix only
    the one who started it holds it to its time."""
    if sys.platform == "win32":
        return
    import resource

    os.nice(_NICENESS)
    seconds = max(1, int(limits.seconds))
    bounds = {
        resource.RLIMIT_AS: (limits.memory, limits.memory),
        resource.RLIMIT_CPU: (seconds, seconds + 1),
        resource.RLIMIT_FSIZE: (0, 0),
        resource.RLIMIT_CORE: (0, 0),
    }
    for what, (soft, hard) in bounds.items():
        with contextlib.suppress(ValueError, OSError):  # macOS takes no limit of address space
            resource.setrlimit(what, (soft, hard))
