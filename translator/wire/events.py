"""The names of the Responses dialect's stream events.

An event is a dict of its JSON. Each carries `type` and `sequence_number`; those of an item also `output_index` and
`item_id` (or the whole `item`), those of a part also `content_index` or `summary_index`.
"""

CREATED = "response.created"  # response
IN_PROGRESS = "response.in_progress"  # response
COMPLETED = "response.completed"  # response
INCOMPLETE = "response.incomplete"  # response
FAILED = "response.failed"  # response
TERMINALS = frozenset({COMPLETED, INCOMPLETE, FAILED})
ERROR = "error"  # error, and its code, message and param once more, as OpenAI has them

OUTPUT_ITEM_ADDED = "response.output_item.added"  # item
OUTPUT_ITEM_DONE = "response.output_item.done"  # item

CONTENT_PART_ADDED = "response.content_part.added"  # part
CONTENT_PART_DONE = "response.content_part.done"  # part
OUTPUT_TEXT_DELTA = "response.output_text.delta"  # delta, logprobs
OUTPUT_TEXT_DONE = "response.output_text.done"  # text, logprobs
ANNOTATION_ADDED = "response.output_text.annotation.added"  # annotation, annotation_index
REFUSAL_DELTA = "response.refusal.delta"  # delta
REFUSAL_DONE = "response.refusal.done"  # refusal

FUNCTION_CALL_ARGUMENTS_DELTA = "response.function_call_arguments.delta"  # delta
FUNCTION_CALL_ARGUMENTS_DONE = "response.function_call_arguments.done"  # arguments, name

CUSTOM_TOOL_CALL_INPUT_DELTA = "response.custom_tool_call_input.delta"  # delta
CUSTOM_TOOL_CALL_INPUT_DONE = "response.custom_tool_call_input.done"  # input

SHELL_CALL_COMMAND_ADDED = (
    "response.shell_call_command.added"  # command, command_index; no item_id, as in OpenAI's types
)
SHELL_CALL_COMMAND_DELTA = "response.shell_call_command.delta"  # delta, command_index
SHELL_CALL_COMMAND_DONE = "response.shell_call_command.done"  # command, command_index

IMAGE_GENERATION_IN_PROGRESS = "response.image_generation_call.in_progress"
IMAGE_GENERATION_COMPLETED = "response.image_generation_call.completed"

REASONING_SUMMARY_PART_ADDED = "response.reasoning_summary_part.added"  # part
REASONING_SUMMARY_PART_DONE = "response.reasoning_summary_part.done"  # part
REASONING_SUMMARY_TEXT_DELTA = "response.reasoning_summary_text.delta"  # delta
REASONING_SUMMARY_TEXT_DONE = "response.reasoning_summary_text.done"  # text

REASONING_TEXT = {
    "reasoning_text": ("response.reasoning_text.delta", "response.reasoning_text.done"),
    "reasoning": ("response.reasoning.delta", "response.reasoning.done"),
}
"""Raw reasoning's delta and done: OpenAI's names, and those of Open Responses."""
