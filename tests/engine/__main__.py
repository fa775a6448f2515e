"""Writes the model: `python -m tests.engine FILE.gguf`."""

import sys
from pathlib import Path

from .random_model import write_model

write_model(Path(sys.argv[1]))
