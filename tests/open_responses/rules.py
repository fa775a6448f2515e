"""The rules that the text of Open Responses (2026-04-24) lays down, by number, each in a few words of our own.

A test of a rule begins with `test_rule_`, its two digits and its name here. `transports` says where the rule applies,
and so which tests it needs: one with the fixture `way` or `any_way` runs over both; one whose name ends in `_over_http`
or `_over_websocket` over that one.
"""

from __future__ import annotations

from typing import NamedTuple

HTTP = frozenset({"http"})
WEBSOCKET = frozenset({"websocket"})
BOTH = HTTP | WEBSOCKET


class Rule(NamedTuple):
    """One rule."""

    name: str
    transports: frozenset[str]


RULES = {
    1: Rule("requests_are_json_of_a_caller_who_is_known", BOTH),
    2: Rule("an_answer_that_is_not_streamed_is_json", HTTP),
    3: Rule("a_stream_is_json_in_server_sent_events_and_ends_with_its_mark", HTTP),
    4: Rule("the_event_field_is_the_type", HTTP),
    5: Rule("errors_have_message_type_param_and_code", BOTH),
    6: Rule("items_have_id_type_and_status_and_end_once", BOTH),
    7: Rule("an_incomplete_item_is_the_last_of_an_incomplete_response", BOTH),
    8: Rule("an_item_is_added_first_with_all_that_is_known", BOTH),
    9: Rule("content_is_told_in_parts", BOTH),
    10: Rule("what_is_not_standard_has_a_prefix_and_can_be_ignored", BOTH),
    11: Rule("what_users_and_models_say_differs_and_reasoning_can_be_sent_back", BOTH),
    12: Rule("assistant_messages_may_have_a_phase", BOTH),
    13: Rule("events_are_numbered_deltas_and_changes_of_state", BOTH),
    14: Rule("an_error_in_a_stream_is_followed_by_a_failed_response", BOTH),
    15: Rule("a_response_goes_from_in_progress_to_one_end", BOTH),
    16: Rule("tool_choice_binds", BOTH),
    17: Rule("allowed_tools_bind_and_all_tools_stay_visible", BOTH),
    18: Rule("hosted_tools_have_items_that_can_be_sent_back", BOTH),
    19: Rule("a_continuation_is_told_input_and_output_then_the_new_input", BOTH),
    20: Rule("only_truncation_auto_shortens", BOTH),
    21: Rule("service_tier_is_a_hint", BOTH),
    22: Rule("a_turn_starts_with_response_create_and_without_fields_of_http", WEBSOCKET),
    23: Rule("progress_is_told_by_the_events_of_a_stream", WEBSOCKET),
    24: Rule("one_response_at_a_time_in_the_order_asked", WEBSOCKET),
    25: Rule("the_latest_response_continues_from_memory", WEBSOCKET),
    26: Rule("what_the_connection_does_not_hold_is_not_found_unless_stored", WEBSOCKET),
    27: Rule("a_failed_continuation_forgets_what_it_continued", WEBSOCKET),
    28: Rule("a_compacted_window_starts_anew", WEBSOCKET),
    29: Rule("a_connection_lives_so_long_and_no_longer", WEBSOCKET),
    30: Rule("failures_have_an_envelope", WEBSOCKET),
    31: Rule("a_compaction_is_the_next_window", HTTP),
    32: Rule("all_that_is_sent_fits_the_schema", BOTH),
}
