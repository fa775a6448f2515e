"""Upstreams by family: each as strict as the evidence says, answering in its own shapes; see `families.toml`.

`python -m tests.families` runs all conversations with all of them and writes the README's table.
"""
