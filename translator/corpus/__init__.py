"""The corpus: cases with what they translate to, published so that any adapter can be held to it."""

from .cases import Case, load, snapshots
from .rendering import Files, render

__all__ = ["Case", "Files", "load", "render", "snapshots"]
