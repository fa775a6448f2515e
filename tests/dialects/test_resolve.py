"""The layers of a dialect, from the default up to what was learned."""

from __future__ import annotations

import pytest

from translator.dialects import DEFAULT, Fact, resolve


def test_an_unknown_upstream_gets_the_default() -> None:
    assert resolve(base_url="http://127.0.0.1:8000/v1", model="my-model") == DEFAULT
    assert resolve() == DEFAULT


def test_the_default_is_safe_on_an_unknown_upstream() -> None:
    assert DEFAULT.system_role == "system"
    assert DEFAULT.system_layout == "single_leading"
    assert DEFAULT.max_tokens_field == "max_tokens"
    assert DEFAULT.content_arrays == {"user"}
    assert DEFAULT.reasoning_replay == "never"
    assert not DEFAULT.extra_body


def test_the_host_names_the_preset() -> None:
    dialect = resolve(base_url="https://api.groq.com/openai/v1")
    assert (dialect.name, dialect.max_tokens_field) == ("groq", "max_completion_tokens")


def test_a_preset_by_name_wins_over_the_host() -> None:
    assert resolve(base_url="https://api.groq.com/openai/v1", preset="vllm").name == "vllm"
    assert resolve(base_url="https://api.groq.com/openai/v1", preset="default") == DEFAULT


def test_a_preset_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match="no dialect 'nobody'"):
        resolve(preset="nobody")


@pytest.mark.parametrize(
    ("preset", "model", "switch", "value"),
    [
        ("openai", "gpt-4o", "max_tokens_field", "max_completion_tokens"),
        ("default", "gpt-5", "max_tokens_field", "max_completion_tokens"),
        ("default", "openai/o3-mini", "max_tokens_field", "max_completion_tokens"),
        ("default", "gpt-4o", "max_tokens_field", "max_tokens"),
        ("default", "gpt-oss-120b", "max_tokens_field", "max_tokens"),
        ("azure", "Mistral-Large-2411", "max_tokens_field", "max_tokens"),
        ("default", "deepseek-reasoner", "reasoning_replay", "tool_turns"),
        ("vllm", "deepseek-ai/DeepSeek-V4", "reasoning_replay_field", "reasoning"),
        ("default", "kimi-k2-thinking", "schema_flavor", "mfjs"),
        ("moonshot", "kimi-k2.6", "forced_choice_vs_thinking", "disable_thinking"),
        ("moonshot", "kimi-k3", "reasoning_control", "effort"),
        ("dashscope", "qwen3-235b-a22b", "force_stream", "thinking"),
        ("dashscope", "qwen3-coder-plus", "force_stream", "never"),
        ("dashscope", "qwq-plus", "force_stream", "always"),
        ("zhipu", "glm-5.2", "extra_body", {"tool_stream": True}),
        ("zhipu", "glm-4.6", "extra_body", {}),
        ("cerebras", "zai-glm-4.7", "reasoning_replay_field", "tags"),
        ("cerebras", "gpt-oss-120b", "reasoning_replay_field", "reasoning"),
        ("mistral", "magistral-medium-latest", "reasoning_replay_field", "parts"),
        ("mistral", "mistral-small-latest", "reasoning_replay", "never"),
        ("xai", "grok-3-mini", "reasoning_control", "effort"),
        ("xai", "grok-2", "reasoning_control", "none"),
        ("gemini", "gemini-3-pro", "tool_call_extra", {"extra_content"}),
    ],
)
def test_a_family_of_models_differs_where_it_runs(preset: str, model: str, switch: str, value: object) -> None:
    assert getattr(resolve(preset=preset, model=model), switch) == value


def test_refusals_of_preset_and_model_add_up() -> None:
    refused = resolve(preset="moonshot", model="kimi-k2.6").params_refused
    assert refused == {"seed", "temperature", "top_p"}


def test_the_users_settings_replace_what_stands_below_them() -> None:
    dialect = resolve(
        preset="moonshot",
        model="kimi-k2.6",
        overrides={"params_refused": ["seed"], "tool_choice": ["auto", "required"], "effort_map": {}},
    )
    assert dialect.params_refused == {"seed"}
    assert dialect.tool_choice == {"auto", "required"}
    assert not dialect.effort_map


def test_a_wrong_setting_of_the_user_is_said() -> None:
    with pytest.raises(ValueError, match="dialect: system_role is 'boss'"):
        resolve(overrides={"system_role": "boss"})


def test_facts_lie_on_top_in_the_order_they_were_learned() -> None:
    facts = [
        Fact({"max_tokens_field": "max_tokens", "params_refused": frozenset({"user"})}, "first"),
        Fact({"params_refused": frozenset({"verbosity"}), "max_tokens_field": "max_completion_tokens"}, "second"),
    ]
    dialect = resolve(preset="groq", overrides={"max_tokens_field": "max_tokens"}, facts=facts)
    assert dialect.max_tokens_field == "max_completion_tokens"
    assert dialect.params_refused == {"user", "verbosity"}
