from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from translator.mapping.truncation import drop_oldest

JSON = dict[str, Any]

SYSTEM = {"role": "developer", "content": "Be brief."}


def turn(number: int) -> list[JSON]:
    return [
        {"role": "user", "content": f"Question {number}"},
        {"type": "function_call", "call_id": f"c{number}", "name": "f", "arguments": "{}"},
        {"type": "function_call_output", "call_id": f"c{number}", "output": "x"},
        {"role": "assistant", "content": f"Answer {number}"},
    ]


def test_the_oldest_turns_go_whole_and_the_leading_messages_stay() -> None:
    items = [SYSTEM, *turn(1), *turn(2), *turn(3), *turn(4)]
    assert drop_oldest(items, 0.25) == [SYSTEM, *turn(2), *turn(3), *turn(4)]
    assert drop_oldest(items, 0.5) == [SYSTEM, *turn(3), *turn(4)]


def test_the_last_turn_never_goes() -> None:
    assert drop_oldest([SYSTEM, *turn(1), *turn(2)], 1.0) == [SYSTEM, *turn(2)]
    assert drop_oldest([SYSTEM, *turn(1)], 0.25) is None
    assert drop_oldest([], 0.25) is None


def test_a_user_message_between_a_call_and_its_output_does_not_part_them() -> None:
    interrupted = [turn(1)[0], turn(1)[1], {"role": "user", "content": "Hurry"}, turn(1)[2]]
    assert drop_oldest([*interrupted, *turn(2)], 0.1) == turn(2)


@given(st.lists(st.sampled_from(["user", "system", "assistant", "call", "output"])), st.floats(0.01, 1))
def test_what_is_left_never_holds_an_output_without_its_call(kinds: list[str], share: float) -> None:
    items: list[JSON] = []
    open_calls: list[str] = []
    for number, kind in enumerate(kinds):
        if kind == "call":
            open_calls.append(f"c{number}")
            items.append({"type": "function_call", "call_id": f"c{number}", "name": "f", "arguments": "{}"})
        elif kind == "output":
            if open_calls:
                items.append({"type": "function_call_output", "call_id": open_calls.pop(0), "output": "x"})
        else:
            items.append({"role": kind, "content": str(number)})
    left = drop_oldest(items, share)
    if left is None:
        return
    assert len(left) < len(items)
    assert left[-1:] == items[-1:] or items[-1].get("type") == "function_call_output"
    calls = {item["call_id"] for item in left if item.get("type") == "function_call"}
    assert calls >= {item["call_id"] for item in left if item.get("type") == "function_call_output"}
