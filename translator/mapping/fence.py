"""Code fences that a model puts around text that should have stood alone."""

from __future__ import annotations

_FENCE = "```"


def unfence(text: str) -> str | None:
    """What stands in the one fenced block that is the whole text; None where the text is anything else."""
    first, *inside = text.strip().split("\n")
    if not inside or not first.startswith(_FENCE) or "`" in first[len(_FENCE) :] or inside.pop().strip() != _FENCE:
        return None
    if any(line.startswith(_FENCE) for line in inside):
        return None  # several blocks
    return "\n".join(inside)


class Unfencer:
    """Text cut anywhere → the same without a fence around it.

    Whether a fence is around the whole is only known at the end, so text that begins with one is held until then; all
    other text passes as it comes.
    """

    def __init__(self) -> None:
        self._held: list[str] = []
        self._start = ""  # of the text, without white space: enough of it to know a fence
        self._passes = False

    def receive(self, text: str) -> str:
        """The text that is settled."""
        if self._passes:
            return text
        self._held.append(text)
        if self._start != _FENCE:
            self._start = (self._start + text).lstrip()[: len(_FENCE)]
            if not _FENCE.startswith(self._start):
                self._passes = True
                return self._take()
        return ""

    def finish(self) -> tuple[str, bool]:
        """The rest, and whether a fence was taken off it."""
        text = self._take()
        inside = unfence(text)
        return (text, False) if inside is None else (inside, True)

    def _take(self) -> str:
        text = "".join(self._held)
        self._held.clear()
        return text
