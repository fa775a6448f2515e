"""What differs between upstreams, as data: the record, the presets, what is detected and what is learned."""

from .detection import fact_of_model, model_entries, preset_of_host, preset_of_models, preset_of_reply
from .dialect import DEFAULT, Dialect
from .effect import changes_request
from .fact import Fact, apply, remember
from .learning import OperatorError, learn
from .limits import Limits, limits_of
from .resolve import resolve

__all__ = [
    "DEFAULT",
    "Dialect",
    "Fact",
    "Limits",
    "OperatorError",
    "apply",
    "changes_request",
    "fact_of_model",
    "learn",
    "limits_of",
    "model_entries",
    "preset_of_host",
    "preset_of_models",
    "preset_of_reply",
    "remember",
    "resolve",
]
