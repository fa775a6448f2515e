"""What differs between upstreams, as data."""

from .dialect import DEFAULT, Dialect

__all__ = ["DEFAULT", "Dialect"]
