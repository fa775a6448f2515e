from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

SAID = {
    "demo_server.py": ["Hello, world!"],
    "moving_1_requests.py": [
        ' "messages": [                                                "instructions": "You are a travel agent.",',
        ' "max_tokens": 200,',
        "What the Responses API cannot be told:",
        "  seed: Sampling cannot be fixed there.",
    ],
    "moving_2_replies.py": ['Call:   get_weather {"city": "Paris"}', "Answer: It is 18 degrees in Paris."],
    "moving_3_streams.py": [
        "Finish: stop",
        "Usage:  counted",
        "Words:  One |  word |  comes |  after |  another.",
    ],
    "moving_4_files.py": [
        "line 2: body.messages[0].name: the speakers of the Responses API have no names",
        "status 1 ",
        "event: response.completed",
    ],
    "moving_5_native.py": [
        "Before:  One word comes after another.",
        "Went on: True",
        "After:   One word comes after another.",
    ],
    "ask_about_a_file.py": [
        "Uploaded: house_rules.pdf, 874 bytes",
        '--- file "house_rules.pdf" ---',
        "--- page 2 of 2 ---",
        "The cat is called Miru. The key is under the stone.",
        "What is the cat called?",
        "The next turn is told of it, too: 100 tokens.",
        "Deleted: True",
    ],
    "migrate_one_request.py": [
        '   "role": "user",                                              "content": "You are a travel agent."',
        '                                                              "max_tokens": 200',
        "What a chat-only model cannot be told:",
        "  truncation: nothing is shortened",
        "  tools[1]: the upstream has no 'web_search' tool",
    ],
    "sdk_quickstart.py": [
        "Create:     Hello, world!",
        "Stream:     One |  word |  comes |  after |  another.",
        "Structured: Event(name='Science fair', city='Paris')",
        'Tool call:  get_weather {"city": "Paris"}',
        "Answer:     It is 18 degrees in Paris.",
    ],
    "translate_recorded_stream.py": [
        "  0  response.created                           ",
        " 11  response.output_text.delta                 Let me look ",
        " 26  response.completed                         ",
        "  reasoning      Two cities, so two calls.",
        "  message        Let me look that up.",
        '  function_call  call_p: get_weather({"city": "Paris"})',
        '  function_call  call_r: get_weather({"city": "Rome"})',
        "  completed, 109 tokens",
    ],
}


@pytest.mark.parametrize("program", sorted(path.name for path in (ROOT / "examples").glob("*.py")))
def test_an_example_runs_and_says_what_it_promises(program: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", f"examples/{program}"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TRANSLATOR_STORE": "memory:"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    said = done.stdout.splitlines()
    assert [line for line in said if line in SAID[program]] == SAID[program]


@pytest.mark.parametrize("program", SAID)
def test_an_example_is_short_enough_to_read(program: str) -> None:
    assert len((ROOT / "examples" / program).read_text().splitlines()) < 60


ASKED = """
from demo_server import MODEL, demo_client
from moving_2_replies import complete
from moving_3_streams import stream

asked = {"model": MODEL, "messages": [{"role": "user", "content": "Ask note about input=Milk."}]}
tools = [{"type": "custom", "custom": {"name": "note"}}]
with demo_client() as client:
    completion = complete(client, **asked, presence_penalty=0.5, timeout=30, extra_body={"top_k": 5}, tools=tools)
    print(completion.choices[0].message.tool_calls[0].custom.input)
    deltas = [choice.delta for chunk in stream(client, **asked, tools=tools) for choice in chunk.choices]
    print([call.custom["input"] for delta in deltas for call in delta.tool_calls or ()])
"""


def test_the_bridges_take_fields_that_the_sdk_does_not_know() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ASKED],
        cwd=ROOT / "examples",
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TRANSLATOR_STORE": "memory:"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == ["Milk", "['', 'Milk']"]
