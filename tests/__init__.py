"""Tests mirror the tree; `cases/` holds what the laws and the corpus are run over."""
