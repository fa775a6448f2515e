"""Rules 19 to 21: what is continued, what is left out, and the tier."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.server.stateful import told
from tests.servers import ScriptedUpstream

from .ways import Way, speak

JSON = dict[str, Any]

TOO_LONG = {"error": {"message": "This model's maximum context length is 10", "code": "context_length_exceeded"}}
README = Path(__file__).parents[2] / "README.md"


def talk(any_way: Way, upstream: ScriptedUpstream) -> JSON:
    """Two turns; the response of the second."""
    speak(upstream, "One.")
    first = any_way.final(input="First?", instructions="Be brief.")
    upstream.next()
    speak(upstream, "Two.")
    second = any_way.final(input="Second?", previous_response_id=first["id"])
    upstream.next()
    return second


def test_rule_19_a_continuation_is_told_input_and_output_then_the_new_input(
    any_way: Way, upstream: ScriptedUpstream
) -> None:
    second = talk(any_way, upstream)
    speak(upstream, "Three.")
    third = any_way.final(input="Third?", previous_response_id=second["id"])
    assert third["previous_response_id"] == second["id"]
    assert told(upstream) == [
        ("user", "First?"),
        ("assistant", "One."),
        ("user", "Second?"),
        ("assistant", "Two."),
        ("user", "Third?"),
    ]


def test_rule_20_only_truncation_auto_shortens_and_disabled_fails(any_way: Way, upstream: ScriptedUpstream) -> None:
    second = talk(any_way, upstream)
    for fields in ({}, {"truncation": "disabled"}):
        upstream.reply(TOO_LONG, 400)
        status, error = any_way.refusal(input="Third?", previous_response_id=second["id"], **fields)
        assert (status, error["code"]) == (400, "context_length_exceeded")
        assert len(told(upstream)) == 5
        assert upstream.idle()
        second = talk(any_way, upstream)  # a continuation that failed may have been forgotten


def test_rule_20_only_truncation_auto_shortens_from_the_start(any_way: Way, upstream: ScriptedUpstream) -> None:
    second = talk(any_way, upstream)
    upstream.reply(TOO_LONG, 400)
    speak(upstream, "Three.")
    final = any_way.final(
        input="Third?", previous_response_id=second["id"], truncation="auto", instructions="Be brief."
    )
    assert (final["truncation"], final["output_text"]) == ("auto", "Three.")
    whole = told(upstream)
    shorter = told(upstream)
    assert shorter == [whole[0], *whole[len(whole) - len(shorter) + 1 :]]
    assert shorter[0] == ("system", "Be brief.") and shorter[-1] == ("user", "Third?")
    assert 2 <= len(shorter) < len(whole)


def test_rule_21_service_tier_is_a_hint(any_way: Way, upstream: ScriptedUpstream) -> None:
    speak(upstream, "Hello!")
    assert any_way.final(service_tier="flex")["output_text"] == "Hello!"
    assert upstream.next().json["service_tier"] == "flex"
    assert "| `service_tier` |" in README.read_text(encoding="utf-8"), "what it does is documented"
