"""The preset table is sound, and a wrong row is named."""

from __future__ import annotations

import copy
import re
import tomllib
from dataclasses import fields
from importlib.resources import files
from itertools import chain
from typing import Any

import pytest

from translator.dialects import DEFAULT, Dialect, resolve
from translator.dialects.presets import (
    ADDING_MAPS,
    ADDING_SETS,
    build_table,
    find_preset,
    lay_over,
    preset_table,
    read_switches,
)

DATA = tomllib.loads(files("translator.dialects").joinpath("presets.toml").read_text("utf-8"))
PRESETS = preset_table().presets

FAMILIES = [
    *("openai", "azure", "deepseek", "moonshot", "dashscope", "zhipu", "minimax", "mistral", "groq", "cerebras"),
    *("together", "fireworks", "openrouter", "xai", "perplexity", "gemini", "anthropic", "bedrock", "cohere"),
    *("huggingface", "vllm", "sglang", "llamacpp", "llama-cpp-python", "ollama", "lmstudio", "tgi", "tensorrt-llm"),
    *("localai", "mlx-lm"),
]


def test_every_family_of_the_evidence_has_a_preset() -> None:
    assert list(PRESETS) == FAMILIES


def test_every_setting_names_a_source_with_its_grade() -> None:
    table = preset_table()
    settings = [preset.settings for preset in PRESETS.values()]
    settings += [overlay.settings for overlay in table.overlays]
    settings += [row.settings for row in table.capabilities]
    for setting in chain.from_iterable(settings):
        assert re.match(r"[SKDCIW]\b", setting.source), setting


def test_every_setting_of_a_preset_differs_from_the_default() -> None:
    for name, preset in PRESETS.items():
        for setting in preset.settings:
            assert setting.value != getattr(DEFAULT, setting.switch), (name, setting.switch)


def test_an_upstream_that_lists_its_parameters_lists_those_its_switches_send() -> None:
    for name in FAMILIES:
        dialect = resolve(preset=name)
        if dialect.params is None:
            continue
        assert dialect.max_tokens_field in dialect.params, name
        assert {"temperature", "top_p", "response_format"} <= dialect.params, name
        assert dialect.tools == "none" or {"tools", "tool_choice"} <= dialect.params, name
        assert dialect.reasoning_control != "effort" or "reasoning_effort" in dialect.params, name


def test_renamed_parameters_are_known_by_their_first_name() -> None:
    mistral = resolve(preset="mistral")
    assert mistral.params is not None
    assert set(mistral.rename) <= mistral.params


def test_no_two_presets_claim_a_host_or_an_owner() -> None:
    for claims in (
        [host for preset in PRESETS.values() for host in preset.hosts],
        [owner for preset in PRESETS.values() for owner in preset.owned_by],
    ):
        assert len(claims) == len(set(claims))


def test_patterns_compile() -> None:
    for overlay in preset_table().overlays:
        re.compile(overlay.pattern)
    for preset in PRESETS.values():
        re.compile(preset.fingerprint or "")


@pytest.mark.parametrize(
    ("edit", "complaint"),
    [
        (lambda d: d["presets"]["groq"].update(host="x"), "presets.groq: there is no 'host'; the keys are"),
        (lambda d: d["presets"]["groq"].pop("title"), "presets.groq: 'title' is missing."),
        (
            lambda d: d["presets"]["groq"]["switches"].update(nope={"to": 1, "source": "W"}),
            "presets.groq: there is no switch 'nope'; the switches are audio,",
        ),
        (
            lambda d: d["presets"]["groq"]["switches"].update(json_schema={"to": "x", "source": "W"}),
            "presets.groq: json_schema is 'x': input should be 'native',",
        ),
        (
            lambda d: d["presets"]["groq"]["switches"].update(json_schema="native"),
            "presets.groq: json_schema must be written as { to = …, source = … }.",
        ),
        (
            lambda d: d["presets"]["groq"]["switches"].update(file={"to": True, "source": ""}),
            "presets.groq: file must be written as { to = …, source = … }.",
        ),
        (lambda d: d["models"][0].update(on=["nobody"]), "'on' names 'nobody', which is no preset."),
        (lambda d: d["models"][0].pop("pattern"), "'pattern' is missing."),
        (lambda d: d["capabilities"][0].update({"is": True}), "say either what the field 'is' or what it 'lacks'."),
    ],
)
def test_a_wrong_row_is_named(edit: Any, complaint: str) -> None:
    data = copy.deepcopy(DATA)
    edit(data)
    with pytest.raises(ValueError, match=re.escape(complaint)):
        build_table(data)


def test_switches_are_read_into_values_of_the_record() -> None:
    read = read_switches({"image": ["data"], "effort_map": {"low": "high"}, "file": False})
    assert read == {"image": frozenset({"data"}), "effort_map": {"low": "high"}, "file": False}


def test_what_is_said_of_an_uploaded_file_adds_up_and_openai_is_told_to_let_it_expire() -> None:
    assert DEFAULT.upload_fields == {"purpose": "user_data"}
    expiring = {"expires_after[anchor]": "created_at", "expires_after[seconds]": "2592000"}
    assert resolve(preset="openai").upload_fields == {"purpose": "user_data", **expiring}
    assert lay_over(DEFAULT, {"upload_fields": {"purpose": "ocr"}}).upload_fields == {"purpose": "ocr"}


def test_no_preset_uploads_files_unasked() -> None:
    assert [name for name in PRESETS if resolve(preset=name).file == "upload"] == []


def test_a_wrong_switch_of_a_user_is_one_sentence() -> None:
    with pytest.raises(ValueError, match=r"^dialect: file is 'native': input should be True, False or 'upload'\.$"):
        read_switches({"file": "native"})
    with pytest.raises(ValueError, match=r"^dialect: image\.0 is 'ftp': input should be 'url' or 'data'\.$"):
        read_switches({"image": ["ftp"]})


def test_the_name_of_a_dialect_is_no_switch() -> None:
    with pytest.raises(ValueError, match="no switch 'name'"):
        read_switches({"name": "x"})


def test_an_unknown_preset_is_answered_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match=r"There is no dialect 'grok'; the known ones are default, openai, azure,"):
        find_preset("grok")


def test_refusals_and_mappings_add_up_and_all_else_is_replaced() -> None:
    first = Dialect(params_refused=frozenset({"n"}), effort_map={"low": "a", "high": "b"}, image=frozenset({"url"}))
    second = lay_over(
        first,
        {"params_refused": frozenset({"seed"}), "effort_map": {"low": "c"}, "image": frozenset({"data"})},
    )
    assert second.params_refused == {"n", "seed"}
    assert second.effort_map == {"low": "c", "high": "b"}
    assert second.image == {"data"}


def test_the_adding_switches_are_fields_of_the_record() -> None:
    assert {field.name for field in fields(Dialect)} >= ADDING_MAPS | ADDING_SETS
