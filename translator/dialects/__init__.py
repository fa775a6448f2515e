"""What differs between upstreams, as data: the record, the presets, what is detected and what is learned."""

from .detection import add_entries, fact_of_model, model_entries, preset_of_host, preset_of_models, preset_of_reply
from .dialect import DEFAULT, Dialect
from .effect import changes_request
from .fact import Fact, apply, remember
from .learning import OperatorError, learn, may_teach
from .limits import Limits, limits_of
from .presets import find_preset
from .resolve import resolve

__all__ = [
    "DEFAULT",
    "Dialect",
    "Fact",
    "Limits",
    "OperatorError",
    "add_entries",
    "apply",
    "changes_request",
    "fact_of_model",
    "find_preset",
    "learn",
    "limits_of",
    "may_teach",
    "model_entries",
    "preset_of_host",
    "preset_of_models",
    "preset_of_reply",
    "remember",
    "resolve",
]
