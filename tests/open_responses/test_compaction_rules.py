"""Rule 31: `POST /responses/compact`."""

from __future__ import annotations

from tests.server.stateful import Client, say, told
from tests.servers import RunningServer, ScriptedUpstream

from .schema import assert_valid_compaction, assert_valid_error


def test_rule_31_a_compaction_is_the_next_window_over_http(server: RunningServer, upstream: ScriptedUpstream) -> None:
    client = Client(server)
    with client.http:
        say(upstream, "Hello, Ada.")
        first = client.respond("My name is Ada.")
        upstream.next()
        say(upstream, "They talked.")
        compacted = client.post(
            "/responses/compact",
            {
                "model": "m",
                "input": [{"role": "user", "content": "What is my name?"}],
                "instructions": "Be brief.",
                "previous_response_id": first["id"],
                "prompt_cache_key": "ada",
            },
        )
        assert_valid_compaction(compacted)
        assert compacted["object"] == "response.compaction"
        asked = upstream.next().json
        assert asked["messages"][0] == {"role": "system", "content": "Be brief."}
        assert asked["prompt_cache_key"] == "ada"
        say(upstream, "Ada.")
        client.respond([*compacted["output"], {"role": "user", "content": "So?"}])
        words = [content for _, content in told(upstream)]
        assert [words[0], words[1], words[-1]] == ["My name is Ada.", "What is my name?", "So?"]
        assert "They talked." in words[2]


def test_rule_31_a_compaction_is_the_next_window_of_a_model_over_http(
    server: RunningServer, upstream: ScriptedUpstream
) -> None:
    client = Client(server)
    with client.http:
        error = client.post("/responses/compact", {"input": "Hi"}, 400)["error"]
        assert error["param"] == "model"
        assert_valid_error(error)
        assert upstream.idle()
