"""Whatever a client sends, however odd: it is answered, or refused by name; the server never fails of it."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from translator.server.app import create_app
from translator.server.settings import Settings

from ..cases import Case, load
from ..spoiling import spoil

CASES = {
    "/v1/responses": load("responses_over_chat"),
    "/v1/chat/completions": load("chat_over_responses"),
}


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(store="memory:")), base_url="http://127.0.0.1") as client:
        yield client


@pytest.mark.parametrize("path", CASES)
@given(st.data(), st.integers(0, 2**32), st.integers(1, 4))
def test_a_request_with_any_value_replaced_or_gone_is_answered_or_refused_by_name(
    client: TestClient, path: str, data: st.DataObject, seed: int, faults: int
) -> None:
    case: Case = data.draw(st.sampled_from(CASES[path]))
    random = Random(seed)
    request = {**copy.deepcopy(case.request), "model": "demo", "stream": random.random() < 0.1}
    for _ in range(faults):
        spoil(request, random)
    body = json.dumps(request)
    assume("Infinity" not in body)  # which is no JSON
    answer = client.post(path, content=body, headers={"content-type": "application/json"})
    if answer.status_code != 200:
        error = answer.json()["error"]
        assert answer.status_code in (400, 404), error
        assert error["message"] and (error["param"] or error["code"])


RUN = {"type": "exec", "command": ["ls"], "env": {}}


@pytest.mark.parametrize(
    "item",
    [
        {"role": "user", "content": "Hi", "output": ["a"]},
        {"type": "x", "role": "user", "content": [True]},
        {"type": "x", "content": [{"type": []}]},
        {
            "type": "local_shell_call",
            "call_id": "c",
            "action": {"type": "exec", "command": ["ls"], "env": {}},
            "name": {},
        },
    ],
)
def test_what_stands_where_something_is_looked_for_may_be_anything(client: TestClient, item: object) -> None:
    answer = client.post("/v1/responses", json={"model": "demo", "input": [item]})
    assert answer.status_code in (200, 400)
