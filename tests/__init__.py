"""Tests mirror the tree; `cases/` holds what the laws and the corpus are run over."""

from hypothesis import settings

# no deadline for an example: a machine that is busy with something else is no fault of the code
settings.register_profile("translator", deadline=None)
settings.load_profile("translator")
