"""Moving what was written for one API to the other: requests, replies, recorded streams, lines of any number."""

from .documents import Converted, Converter, Wire
from .files import convert_file
from .report import Report

__all__ = ["Converted", "Converter", "Report", "Wire", "convert_file"]
