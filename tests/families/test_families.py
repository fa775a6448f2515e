"""All conversations with all families of upstreams, through the real server."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.readme import section
from translator.dialects.presets import preset_table

from .conversations import CONVERSATIONS
from .experiments import Experiment, Outcome, experiments, run_all, table
from .family import families
from .rules import RULES


@pytest.fixture(scope="module")
def outcomes() -> Mapping[Experiment, Outcome]:
    return run_all(experiments())


@pytest.mark.parametrize("family", families())
def test_clients_are_told_what_the_model_says_or_why_not(family: str, outcomes: Mapping[Experiment, Outcome]) -> None:
    """Streamed and not, whether the upstream is known or not; each request is sent again at most once."""
    told = {experiment.key: outcome for experiment, outcome in outcomes.items() if experiment.family.name == family}
    assert len(told) == len(CONVERSATIONS) * 6
    assert {key: outcome.marks["wrong"] for key, outcome in told.items() if "wrong" in outcome.marks} == {}


def test_where_the_preset_is_named_little_is_left_to_be_learned(outcomes: Mapping[Experiment, Outcome]) -> None:
    """What is so of some models of a router, and nothing else."""
    learned = {
        (experiment.family.name, experiment.conversation.name)
        for experiment, outcome in outcomes.items()
        if experiment.way == "named" and outcome.marks.keys() & {"retry", "again"}
    }
    assert learned == {("openrouter", "forced while thinking")}


def test_streamed_or_not_the_same_is_lost(outcomes: Mapping[Experiment, Outcome]) -> None:
    for experiment, outcome in outcomes.items():
        if experiment.streams and experiment.way == "named":
            whole = Experiment(experiment.family, experiment.conversation, experiment.way, streams=False)
            same = {"loss", "refused"}
            assert outcome.marks.keys() & same == outcomes[whole].marks.keys() & same, experiment.key


def test_the_readme_tells_what_came_of_it(outcomes: Mapping[Experiment, Outcome]) -> None:
    assert section("families") == table(outcomes), "run `python -m tests.families`"


def test_every_rule_is_some_familys() -> None:
    rules = {row["rule"] for family in families().values() for row in family.refuses}
    assert rules == RULES.keys()


def test_each_family_has_a_preset_and_what_it_cannot_do_is_a_conversation() -> None:
    names = {conversation.name for conversation in CONVERSATIONS}
    for family in families().values():
        assert family.preset in preset_table().presets
        assert family.cannot.keys() <= names
