"""Runs all conversations with all families, and puts the table of what came of it into the README."""

from tests.readme import put

from .experiments import experiments, run_all, table

put("families", table(run_all(experiments())))
