"""Upstreams are recognised by what they cannot help telling."""

from __future__ import annotations

from typing import Any

import pytest

from translator.dialects import (
    add_entries,
    fact_of_model,
    model_entries,
    preset_of_host,
    preset_of_models,
    preset_of_reply,
    resolve,
)


@pytest.mark.parametrize(
    ("base_url", "preset"),
    [
        ("https://api.openai.com/v1", "openai"),
        ("https://eu.api.openai.com/v1/", "openai"),
        ("https://me.openai.azure.com/openai/v1", "azure"),
        ("https://me.services.ai.azure.com/models", "azure"),
        ("https://api.deepseek.com", "deepseek"),
        ("https://api.moonshot.cn/v1", "moonshot"),
        ("https://dashscope-intl.aliyuncs.com/compatible-mode/v1", "dashscope"),
        ("https://dashscope.aliyuncs.com/compatible-mode/v1", "dashscope"),
        ("https://open.bigmodel.cn/api/paas/v4", "zhipu"),
        ("https://api.z.ai/api/paas/v4", "zhipu"),
        ("https://api.minimaxi.com/v1", "minimax"),
        ("https://api.mistral.ai/v1", "mistral"),
        ("https://API.GROQ.com/openai/v1", "groq"),
        ("https://api.cerebras.ai/v1", "cerebras"),
        ("https://api.together.xyz/v1", "together"),
        ("https://api.fireworks.ai/inference/v1", "fireworks"),
        ("https://openrouter.ai/api/v1", "openrouter"),
        ("https://api.x.ai/v1", "xai"),
        ("https://api.perplexity.ai", "perplexity"),
        ("https://generativelanguage.googleapis.com/v1beta/openai", "gemini"),
        ("https://api.anthropic.com/v1", "anthropic"),
        ("https://bedrock-runtime.us-west-2.amazonaws.com/openai/v1", "bedrock"),
        ("https://api.cohere.ai/compatibility/v1", "cohere"),
        ("https://router.huggingface.co/v1", "huggingface"),
        ("https://api.openai.com.evil.example/v1", None),
        ("http://localhost:11434/v1", None),
        ("http://[::1", None),
        ("", None),
    ],
)
def test_hosted_upstreams_are_known_by_their_hosts(base_url: str, preset: str | None) -> None:
    assert preset_of_host(base_url) == preset


def listed(**entry: Any) -> dict[str, Any]:
    return {"object": "list", "data": [{"id": "m", "object": "model", "created": 0, **entry}]}


@pytest.mark.parametrize(
    ("body", "preset"),
    [
        (listed(owned_by="vllm", max_model_len=4096), "vllm"),
        (listed(owned_by="sglang", max_model_len=4096), "sglang"),
        (listed(owned_by="tensorrt_llm"), "tensorrt-llm"),
        ({"models": [{"name": "m"}], **listed(owned_by="llamacpp", meta={"n_ctx_train": 4096})}, "llamacpp"),
        (listed(owned_by="someone", meta={"n_ctx": 4096}), "llamacpp"),
        (listed(owned_by="me", permissions=[]), "llama-cpp-python"),
        (listed(owned_by="library"), "ollama"),
        ({"data": [{"id": "a", "owned_by": "library"}, {"id": "u/b", "owned_by": "u"}]}, "ollama"),
        (listed(owned_by="organization_owner"), "lmstudio"),
        (listed(owned_by="mistralai"), "mistral"),
        (listed(capabilities={"completion_chat": True}), "mistral"),
        (listed(top_provider={"context_length": 1}), "openrouter"),
        (listed(owned_by="openai"), None),
        ({"data": [{"id": "a", "owned_by": "deepseek"}, {"id": "b", "owned_by": "google"}]}, None),
        (listed(), None),
        ({"data": None}, None),
        ([], None),
        ("nonsense", None),
        (None, None),
    ],
)
def test_engines_are_known_by_their_model_lists(body: Any, preset: str | None) -> None:
    assert preset_of_models(body) == preset


@pytest.mark.parametrize(
    ("headers", "body", "preset"),
    [
        ({"X-Groq-Region": "us"}, None, "groq"),
        ({}, {"x_groq": {"id": "1"}}, "groq"),
        ({"Server": "llama.cpp"}, None, "llamacpp"),
        ({"server": "uvicorn"}, {"timings": {"prompt_n": 1}}, "llamacpp"),
        ({}, {"system_fingerprint": "b5432-abc"}, "llamacpp"),
        ({}, {"system_fingerprint": "fp_ollama"}, "ollama"),
        ({}, {"system_fingerprint": "fp_44709d6fcb"}, None),
        ({}, {"choices": [{"matched_stop": 2}]}, "sglang"),
        ({}, {"choices": [{"matched_stop": None}]}, None),
        ({}, {"choices": [], "prompt_filter_results": [{}]}, "azure"),
        ({"apim-request-id": "1"}, None, "azure"),
        ({}, {"time_info": {"queue_time": 0.1}}, "cerebras"),
        ({"x-ds-trace-id": "1"}, None, "deepseek"),
        ({"Msh-Request-Id": "1"}, None, "moonshot"),
        ({}, {"choices": [{"native_finish_reason": "stop"}]}, "openrouter"),
        ({"content-type": "application/json"}, {"choices": []}, None),
        ({}, "nonsense", None),
    ],
)
def test_replies_betray_who_sent_them(headers: dict[str, str], body: Any, preset: str | None) -> None:
    assert preset_of_reply(headers, body) == preset


def test_model_lists_are_read_in_every_shape() -> None:
    entry = {"id": "m"}
    assert model_entries({"data": [entry]}) == {"m": entry}
    assert model_entries([entry]) == {"m": entry}
    assert model_entries({"models": [{"name": "models/gemini-3"}]}) == {"gemini-3": {"name": "models/gemini-3"}}
    assert model_entries({"data": [{"id": 5}, "x", {}]}) == {}


def test_what_a_model_cannot_do_is_read_from_its_entry() -> None:
    fact = fact_of_model(
        {
            "id": "a/b",
            "supported_parameters": ["temperature", "response_format", "tools", "tool_choice", "reasoning"],
            "architecture": {"input_modalities": ["text"]},
        }
    )
    assert fact is not None
    dialect = resolve(preset="openrouter", facts=[fact])
    assert dialect.json_schema == "json_object"
    assert dialect.tools == "native"
    assert dialect.image == frozenset()
    assert fact.because == (
        "the model list: supported_parameters lacks structured_outputs, architecture.input_modalities lacks image, "
        "architecture.input_modalities lacks audio"
    )


def test_a_model_without_functions_is_known() -> None:
    fact = fact_of_model({"capabilities": {"completion_chat": True, "function_calling": False, "vision": True}})
    assert fact is not None
    assert fact.changes == {"tools": "none"}
    assert fact.because == "the model list: capabilities.function_calling is false"


def test_an_entry_that_says_nothing_teaches_nothing() -> None:
    assert fact_of_model({"id": "m", "capabilities": {"function_calling": True}}) is None
    assert fact_of_model({"id": "m", "supported_parameters": "all"}) is None


def test_another_list_adds_to_the_entries_of_the_first() -> None:
    entries = {"a": {"id": "a", "owned_by": "x"}, "b": {"id": "b"}}
    assert add_entries(entries, {"data": [{"id": "a", "type": "llm"}, {"id": "c"}]}) == {
        "a": {"id": "a", "owned_by": "x", "type": "llm"},
        "b": {"id": "b"},
        "c": {"id": "c"},
    }
    assert add_entries(entries, {"max_total_tokens": 5})["b"] == {"id": "b", "max_total_tokens": 5}
    assert add_entries({}, {"max_total_tokens": 5}) == {"": {"max_total_tokens": 5}}
    assert add_entries(entries, None) == entries
