"""The OpenAI SDKs for Python and Node: every resource method that the server has, each scenario in both."""

from __future__ import annotations

import pytest

from .conftest import LISTED, Runs, Server, check
from .scenario import ABSENT, Scenario, assistant, has, names, starts, system, tool, user
from .strict_upstream import StrictUpstream, Turn

pytestmark = pytest.mark.clients

CITY = '{"city": "Paris"}'
PERSON = '{"name": "Zoë 😀", "age": 7}'
PATCH = '*** Begin Patch\n+é "quoted" \\ 😀\n*** End Patch'
WRAPPED = '{"input": "*** Begin Patch\\n+\\u00e9 \\"quoted\\" \\\\ \\ud83d\\ude00\\n*** End Patch"}'
SENTENCE = "Hello, wörld! 😀"
DATA = "data:image/png;base64,iVBORw0KGgo="
PDF = "data:application/pdf;base64,JVBERi0="
CALLED = Turn(calls=[("get_weather", CITY)])
THOUGHT = Turn(reasoning="Hm.", calls=[("get_weather", CITY)])
SUNNY = Turn("It is sunny.")
WITHOUT_THOUGHT = [
    user("Weather?"),
    {**assistant("", ("get_weather", CITY)), "reasoning_content": ABSENT},
    tool("sunny"),
]
SCHEMA = {"type": "json_schema", "json_schema": {"name": "Person", "strict": True}}
LIMITED = {"message": "Slow down.", "type": "rate_limit_error", "code": "rate_limit_exceeded"}
TOO_LONG = {
    "message": "This model's maximum context length is 10 tokens. However, your messages resulted in 20 tokens.",
    "type": "invalid_request_error",
    "code": "context_length_exceeded",
}
TYPES = [
    "response.created",
    "response.in_progress",
    "response.output_item.added",
    "response.content_part.added",
    "response.output_text.delta",
    "response.output_text.done",
    "response.content_part.done",
    "response.output_item.done",
    "response.completed",
]
TOKENS = {"content": [{"token": "Hi", "logprob": -0.5, "bytes": [72, 105], "top_logprobs": []}]}
HI = {"messages": [user("Hi")]}


def failing(status: int, kind: str, code: str, param: object = None) -> dict[str, object]:
    return {"status": status, "kind": kind, "code": code, "param": param}


def thinking(history: object) -> Scenario:
    return Scenario(
        [THOUGHT, SUNNY],
        {"sealed": True, "text": "It is sunny."},
        [{"messages": [user("Weather?")]}, {"messages": history}],
    )


SCENARIOS = {
    "text": Scenario(
        [Turn(SENTENCE)],
        {"text": SENTENCE, "status": "completed", "id": starts("resp_"), "metadata": {"a": "b"}, "usage": 18},
        [{"messages": [system("Be brief."), user("Hi")], "metadata": ABSENT, "stream": ABSENT, "tools": ABSENT}],
    ),
    "text_streamed": Scenario(
        [Turn(SENTENCE)],
        {"types": TYPES, "numbers": True, "text": SENTENCE, "final": SENTENCE},
        [{**HI, "stream": True, "stream_options": {"include_usage": True}}],
    ),
    "text_stream_helper": Scenario(
        [Turn("Hello!")], {"snapshots": ["Hel", "Hello!"], "text": "Hello!"}, [{**HI, "stream": True}]
    ),
    "messages": Scenario(
        [Turn("Fine.")],
        {"text": "Fine."},
        [{"messages": [system("Be brief."), user("Hi"), assistant("Hello!"), user("And you?")]}],
    ),
    "parse": Scenario([Turn(PERSON)], {"name": "Zoë 😀", "age": 7}, [{"response_format": SCHEMA}]),
    "parse_streamed": Scenario(
        [Turn(PERSON)], {"name": "Zoë 😀", "age": 7}, [{"response_format": SCHEMA, "stream": True}]
    ),
    "json_object": Scenario([Turn('{"a": 1}')], {"a": 1}, [{"response_format": {"type": "json_object"}}]),
    "function_round_trip": Scenario(
        [CALLED, SUNNY],
        {"call": ["function_call", "get_weather", CITY], "text": "It is sunny."},
        [
            {"tools": names("get_weather"), "messages": [user("Weather?")]},
            {"messages": [user("Weather?"), assistant("", ("get_weather", CITY)), tool("sunny")]},
        ],
    ),
    "function_streamed": Scenario(
        [CALLED],
        {"several": True, "joined": CITY, "done": CITY, "name": "get_weather"},
        [{"tools": names("get_weather"), "tool_choice": "required", "stream": True}],
    ),
    "function_parallel": Scenario(
        [Turn("Both.", calls=[("get_weather", CITY), ("get_weather", '{"city": "Rome"}')]), SUNNY],
        {"types": ["message", "function_call", "function_call"], "text": "It is sunny."},
        [
            {},
            {
                "messages": [
                    user("Weather?"),
                    assistant("Both.", ("get_weather", CITY), ("get_weather", '{"city": "Rome"}')),
                    tool(CITY),
                    tool('{"city": "Rome"}'),
                ]
            },
        ],
    ),
    "function_choice": Scenario(
        [CALLED],
        ["function_call"],
        [{"tool_choice": {"type": "function", "function": {"name": "get_weather"}}, "parallel_tool_calls": False}],
    ),
    "function_unknown": Scenario(
        [Turn(calls=[("nobody_offered", '{"a": 1}')])], [["function_call", "nobody_offered", '{"a": 1}']], [{}]
    ),
    "continued": Scenario(
        [Turn("1"), Turn("2"), Turn("3")],
        {"text": "3", "previous": True},
        [
            {"messages": [system("Be brief."), user("One?")]},
            {"messages": [user("One?"), assistant("1"), user("Two?")]},
            {"messages": [user("One?"), assistant("1"), user("Two?"), assistant("2"), user("Three?")]},
        ],
    ),
    "retrieve": Scenario([Turn(SENTENCE)], {"same": True, "text": SENTENCE}, [HI]),
    "delete": Scenario([Turn("Hello!")], {"status": 404, "kind": "NotFoundError"}, [HI]),
    "cancel": Scenario([Turn("Hello!")], {"status": 400, "kind": "BadRequestError"}, [HI]),
    "input_items": Scenario([Turn("Hello!")], ["One", "Two"], [{"messages": [user("One"), user("Two")]}]),
    "input_tokens": Scenario([], True, []),
    "compact": Scenario(
        [Turn("Seven and eight."), Turn("7, 8")],
        {"types": ["message", "message", "compaction"], "sealed": True, "text": "7, 8"},
        [
            {"messages": [user("Remember 7."), user("And 8."), user(has("summary"))], "tools": ABSENT},
            {"messages": lambda sent: "Seven and eight." in str(sent) and sent[-1] == user("What?")},
        ],
    ),
    "compaction_trigger": Scenario(
        [Turn("Seven.")],
        {"types": ["compaction"], "sealed": True, "last": "response.completed"},
        [{"messages": [user("Remember 7."), user(has("summary"))]}],
    ),
    "compaction_thinking": Scenario(
        [Turn("Seven.", reasoning="Hm.")],
        ["compaction"],
        [{"messages": [user("Remember 7."), user(has("summary"))], "tools": ABSENT}],
    ),
    "broken_off": Scenario(
        [Turn("A long sentence that never comes to its end.", cut=True)],
        {"said": True, "completed": False, "code": lambda code: isinstance(code, str)},
        [HI],
    ),
    "files": Scenario(
        [Turn("Seven.")],
        {"name": "a.txt", "listed": True, "content": "Seven.", "text": "Seven.", "gone": True},
        [{"messages": lambda sent: "Seven." in str(sent) or "U2V2ZW4u" in str(sent)}],
    ),
    "uploads": Scenario([], {"status": "completed", "content": "Seven.", "cancelled": "cancelled"}, []),
    "chat_completions": Scenario([Turn("Hello!"), Turn("Hello!")], ["Hello!", "Hello!"], [HI, {**HI, "stream": True}]),
    "conversation": Scenario(
        [Turn("It scatters.")],
        {
            "text": "It scatters.",
            "items": ["message", "message", "message"],
            "metadata": [{"topic": "sky"}, {"topic": "sea"}, {"topic": "sea"}],
            "gone": True,
        },
        [{"messages": [user("Blue?"), user("Why?")]}],
    ),
    "conversation_items": Scenario([], {"same": True, "left": 0}, []),
    "models": Scenario([], {"one": has("models"), "list": [LISTED]}, []),
    "custom_round_trip": Scenario(
        [Turn(calls=[("patch", WRAPPED)]), Turn("Done.")],
        {"call": ["custom_tool_call", "patch", PATCH], "text": "Done."},
        [
            {"tools": [{"function": {"name": "patch", "description": has("Changes files.", "Lark", "start: /.+/")}}]},
            {"messages": [user("Patch!"), assistant("", ("patch", has("Begin Patch"))), tool("done")]},
        ],
    ),
    "custom_streamed": Scenario(
        [Turn(calls=[("patch", WRAPPED)])],
        {"several": True, "joined": PATCH, "done": PATCH, "functions": 0},
        [{"tools": names("patch")}],
    ),
    "custom_in_bare_text": Scenario(
        [Turn(calls=[("patch", f"```\n{PATCH}\n```")])],
        [["custom_tool_call", lambda text: text.strip() == PATCH]],
        [{"tools": names("patch")}],
    ),
    "namespace": Scenario(
        [Turn(calls=[("sea__get_weather", CITY)]), Turn("Calm.")],
        {"call": ["sea", "get_weather"], "text": "Calm."},
        [
            {"tools": names("sky__get_weather", "sea__get_weather")},
            {"messages": [user("?"), assistant("", ("sea__get_weather", CITY)), tool("calm")]},
        ],
    ),
    "long_name": Scenario([Turn(calls=[(0, CITY)])], [True], [{}]),
    "additional_tools": Scenario(
        [Turn(calls=[("patch", WRAPPED)])],
        [["custom_tool_call", PATCH]],
        [{"tools": names("patch"), "messages": [user("Patch!")]}],
    ),
    "tool_search": Scenario(
        [Turn(calls=[("tool_search", '{"query": "weather"}')]), CALLED],
        {"call": ["tool_search_call", "client", {"query": "weather"}], "then": ["get_weather"]},
        [
            {"tools": names("tool_search")},
            {
                "tools": names("tool_search", "get_weather"),
                "messages": [user("?"), assistant("", ("tool_search", has("weather"))), tool(has("get_weather"))],
            },
        ],
    ),
    "apply_patch": Scenario(
        [Turn(calls=[("apply_patch", '{"type": "create_file", "path": "a.txt", "diff": "+a"}')]), Turn("Done.")],
        {
            "call": ["apply_patch_call", {"type": "create_file", "path": "a.txt", "diff": "+a"}],
            "text": "Done.",
        },
        [
            {"tools": names("apply_patch")},
            {"messages": [user("Patch!"), assistant("", ("apply_patch", has("a.txt"))), tool("ok")]},
        ],
    ),
    "shell": Scenario(
        [Turn(calls=[("shell", '{"commands": ["ls"]}')]), Turn("One file.")],
        {"call": ["shell_call", ["ls"]], "text": "One file."},
        [
            {"tools": names("shell")},
            {"messages": [user("List!"), assistant("", ("shell", has("ls"))), tool(has("Exit code: 0", "a.txt"))]},
        ],
    ),
    "local_shell": Scenario(
        [Turn(calls=[("local_shell", '{"command": ["ls"]}')]), Turn("One file.")],
        {"call": ["local_shell_call", ["ls"]], "text": "One file."},
        [
            {"tools": names("local_shell")},
            {"messages": [user("List!"), assistant("", ("local_shell", has("ls"))), tool(has("a.txt"))]},
        ],
    ),
    "web_search_beside": Scenario(
        [SUNNY], {"text": "It is sunny.", "losses": has("tools[0]")}, [{"tools": names("get_weather")}]
    ),
    "web_search_alone": Scenario([], {"status": 400, "kind": "BadRequestError", "param": has("tools[0]")}, []),
    "item_reference": Scenario(
        [Turn("1"), Turn("2")],
        {"text": "2"},
        [{}, {"messages": [user("One?"), assistant("1"), user("Two?")]}],
    ),
    "item_reference_unknown": Scenario([], failing(404, "NotFoundError", "item_not_found", "input[0].id"), []),
    "foreign_ids": Scenario(
        [SUNNY],
        "It is sunny.",
        [{"messages": [user("One?"), assistant("", ("get_weather", "{}")), tool("sunny")]}],
    ),
    "reasoning_sealed": thinking(
        [user("Weather?"), {**assistant("", ("get_weather", CITY)), "reasoning_content": "Hm."}, tool("sunny")]
    ),
    "reasoning_foreign": thinking(WITHOUT_THOUGHT),
    "reasoning_empty": thinking(WITHOUT_THOUGHT),
    "reasoning_tampered": Scenario(
        [THOUGHT], {"status": 400, "kind": "BadRequestError", "param": starts("input[1]")}, [{}]
    ),
    "reasoning_streamed": Scenario(
        [Turn("Because.", reasoning="Hm, hm.")],
        {"thought": "Hm, hm.", "text": "Because."},
        [{"reasoning_effort": "low", "stream": True}],
    ),
    "length": Scenario(
        [Turn("Hel", finish="length")], {"status": "incomplete", "reason": "max_output_tokens"}, [{"max_tokens": 16}]
    ),
    "refusal": Scenario([Turn(message={"refusal": "I will not."})], ["refusal", "I will not."], [HI]),
    "image_input": Scenario(
        [Turn("A pixel.")],
        "A pixel.",
        [{"messages": [user([{"text": "What?"}, {"image_url": {"url": DATA, "detail": "high"}}])]}],
    ),
    "file_input": Scenario(
        [Turn("Empty.")],
        "Empty.",
        [{"messages": [user([{"type": "file", "file": {"filename": "a.pdf", "file_data": PDF}}])]}],
    ),
    "logprobs": Scenario([Turn("Hi", message={"logprobs": TOKENS})], ["Hi"], [{"logprobs": True, "top_logprobs": 1}]),
    "obfuscation": Scenario([Turn("Hello!"), Turn("Hello!")], [True, False], [HI, HI]),
    "nulls": Scenario([Turn("Hello!")], "Hello!", [{**HI, "temperature": ABSENT, "tools": ABSENT, "user": ABSENT}]),
    "nulls_inside": Scenario(
        [Turn("Hello!")],
        "Hello!",
        [{**HI, "tools": [{"function": {"name": "now", "description": ABSENT, "strict": ABSENT}}]}],
    ),
    "empties": Scenario([Turn("Hello!")], "Hello!", [{**HI, "tools": ABSENT, "tool_choice": ABSENT}]),
    "parameters": Scenario(
        [Turn("Hello!")],
        [0, 0.5, 99],
        [
            {
                "temperature": 0,
                "top_p": 0.5,
                "max_tokens": 99,
                "prompt_cache_key": "k",
                "safety_identifier": "s",
                "verbosity": "low",
                "reasoning_effort": "high",
            }
        ],
    ),
    "image_output": Scenario(
        [Turn("Here.", message={"images": [{"type": "image_url", "image_url": {"url": DATA}}]})],
        [["message", None], ["image_generation_call", "iVBORw0KGgo="]],
        [{}],
    ),
    "image_output_streamed": Scenario(
        [Turn("Here.", message={"images": [{"type": "image_url", "image_url": {"url": DATA}}]})], "iVBORw0KGgo=", [{}]
    ),
    "audio_output": Scenario(
        [Turn(message={"audio": {"id": "a", "data": "AAAA", "transcript": "Hello!"}})],
        {"text": "Hello!", "losses": has("speech")},
        [{}],
    ),
    "rate_limit": Scenario(
        [Turn(status=429, error=LIMITED)],
        {"status": 429, "kind": "RateLimitError", "code": "rate_limit_exceeded"},
        [HI],
    ),
    "rate_limit_streamed": Scenario(
        [Turn(status=429, error=LIMITED)],
        {"status": 429, "kind": "RateLimitError", "code": "rate_limit_exceeded"},
        [HI],
    ),
    "context_length": Scenario(
        [Turn(status=400, error=TOO_LONG)],
        {"status": 400, "kind": "BadRequestError", "code": "context_length_exceeded"},
        [HI],
    ),
    "faulty": Scenario([], {"status": 400, "kind": "BadRequestError", "param": "temperature"}, []),
    "orphan_output": Scenario([], {"status": 400, "kind": "BadRequestError", "param": starts("input[1]")}, []),
    "websocket": Scenario(
        [Turn("1"), Turn("2")],
        ["", "1", "2"],
        [
            {"messages": [user("Zero."), user("One?")]},
            {"messages": [user("Zero."), user("One?"), assistant("1"), user("Two?")]},
        ],
    ),
    "wrong_key": Scenario([], {"status": 401, "kind": "AuthenticationError", "code": "invalid_api_key"}, []),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_python(name: str, strict: StrictUpstream, server: Server, runs: Runs) -> None:
    check("openai_sdk.py", "openai-python", name, SCENARIOS, strict=strict, server=server, runs=runs)


@pytest.mark.parametrize("name", SCENARIOS)
def test_node(name: str, strict: StrictUpstream, server: Server, runs: Runs) -> None:
    check("openai_sdk.mjs", "openai-node", name, SCENARIOS, strict=strict, server=server, runs=runs)
