"""Holding an installation, or a live upstream, to the corpus."""

from .installation import Difference, verify_installation
from .upstream import Finding, verify_upstream

__all__ = ["Difference", "Finding", "verify_installation", "verify_upstream"]
