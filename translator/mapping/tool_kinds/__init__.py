"""Kinds of tools, a file each: how they are offered, called and answered in both dialects."""

from .apply_patch import APPLY_PATCH
from .custom import CUSTOM
from .function import FUNCTION
from .kind import ToolKind
from .local_shell import LOCAL_SHELL
from .shell import SHELL
from .tool_search import TOOL_SEARCH

_ALL = (FUNCTION, CUSTOM, TOOL_SEARCH, APPLY_PATCH, SHELL, LOCAL_SHELL)

KINDS = {kind.type: kind for kind in _ALL}
"""By the type of the tool."""

CALLS = {kind.call: kind for kind in _ALL}
"""By the type of the items that call it."""

OUTPUTS = {kind.output: kind for kind in _ALL}
"""By the type of the items that answer a call."""

__all__ = ["CALLS", "KINDS", "OUTPUTS", "ToolKind"]
