"""The published schema of Open Responses (2026-04-24, copied as data), asked as two assertions."""

from .schema import assert_valid_event, assert_valid_response

__all__ = ["assert_valid_event", "assert_valid_response"]
