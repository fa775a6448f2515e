"""Upstreams by family: each as strict as the evidence says, answering in its own shapes.

A family is a row of `families.toml`; one that refuses in a new way needs a function in `rules.py`, one that answers in
a new shape a few lines in `answers.py`. `python -m tests.families` runs all conversations with all of them and writes
the README's table of what came of it.
"""
