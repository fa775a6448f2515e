"""Characters cut into halves: JSON may hold surrogates, text may not."""

from __future__ import annotations


def is_whole(text: str) -> bool:
    """Whether text can be written as UTF-8: it holds no half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def whole_pairs(text: str) -> str:
    """Text that can be written as UTF-8: halves of surrogate pairs joined, lone ones replaced."""
    return text if is_whole(text) else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
