"""One concept per file, both directions side by side."""
