"""What a probe finds out of an upstream of each family is so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.servers import RunningServer
from translator.server.probe import Report, probe
from translator.server.settings import Upstream
from translator.server.upstream import UpstreamClient, open_transport

from .conversations import Conversation, Say, Turn
from .family import Family, families
from .upstream import FamilyServer

JSON = dict[str, Any]

CALLS: tuple[tuple[str, JSON], ...] = (("get_weather", {"rainy": True}), ("get_time", {"rainy": True}))
ANSWERS = Conversation(
    name="probe",
    turns=(Turn(says=Say(text="Hello there.", thought="Hm.", calls=CALLS, made_to=True, data={"ok": True})),),
)
BLIND = {name for name, family in families().items() if "image" in family.cannot}
FAMILIES = pytest.mark.parametrize("family", families().values(), ids=lambda family: family.name)


@pytest.fixture(scope="module")
def base_url() -> Iterator[str]:
    upstreams = FamilyServer()
    for name, family in families().items():
        upstreams.expect(name, family, ANSWERS)
        upstreams.expect(f"hidden-{name}", family.without_signs(), ANSWERS)
    server = RunningServer(upstreams.app)
    yield server.base_url.removesuffix("/v1")
    server.stop()


async def ask(url: str, family: Family, preset: str | None = None) -> Report:
    upstream = UpstreamClient(Upstream(base_url=f"{url}/v1", preset=preset), open_transport())
    try:
        return await probe(upstream, family.model)
    finally:
        await upstream.aclose()


@FAMILIES
async def test_it_contradicts_no_preset_but_for_what_one_model_cannot_see(family: Family, base_url: str) -> None:
    report = await ask(f"{base_url}/{family.name}", family, family.preset)
    switches = report.switches()
    assert switches.pop("image", None) == ([] if family.name in BLIND else None)
    assert switches == ({"content_arrays": []} if family.name == "groq" else {})
    means = report.dialect.json_schema
    if means in ("native", "value", "object_schema"):
        said = "honoured" if means == "native" else f"honoured, asked for as {means}"
        assert report.findings["json_schema"] == said


@FAMILIES
async def test_it_finds_out_what_nobody_told_it(family: Family, base_url: str) -> None:
    report = await ask(f"{base_url}/hidden-{family.name}", family)
    found, refuses = report.findings, {row["rule"]: row for row in family.refuses}
    assert report.preset is None
    if "roles" in refuses:
        assert found["developer role"] == ("taken" if "developer" in refuses["roles"]["known"] else "refused")
    assert found["images"] == ("refused" if family.name in BLIND else "taken")
    assert found["streaming"] == ("yes, without usage" if family.usage == "never" else "yes, with usage")
    if "tools_at_all" in refuses:
        assert report.dialect.tools == "none"
    elif "tool_choice" in family.ignores:
        assert (found["tool_choice required"], found["tool_choice by name"]) == ("ignored", "ignored")
    elif "choices" in refuses:
        known = {"required", "named"} & set(refuses["choices"]["known"])
        assert report.dialect.tool_choice & {"required", "named"} == known
    if "response_format" in family.ignores:
        assert found["json_schema"] == "ignored"
    elif "formats" in refuses:
        takes_schemas = "json_schema" in refuses["formats"]["known"]
        assert found["json_schema"] == ("honoured" if takes_schemas else "refused")


@pytest.mark.parametrize(
    ("name", "switches"),
    [
        ("tgi", {"json_schema": "value", "json_object": "prompt"}),
        ("gemini", {"schema_flavor": "gemini"}),
        ("lmstudio", {"json_object": "as_schema", "tool_choice": ["auto", "none", "required"], "image": []}),
        ("mistral", {"stream_usage": "implicit", "effort_map": {"low": "high"}}),
        ("perplexity", {"json_object": "as_schema", "tools": "none"}),
        ("groq", {"content_arrays": [], "image": []}),
    ],
)
async def test_what_it_writes_for_an_upstream_that_it_does_not_know(name: str, switches: JSON, base_url: str) -> None:
    report = await ask(f"{base_url}/hidden-{name}", families()[name])
    assert report.switches() == switches
