"""The embedded demo upstream: a chat-only stand-in for a model, to try the API with and to test against.

It is deterministic: the same request always gets the same bytes, whenever and wherever it is asked.

- It echoes the last user text, and says which images, files and audio clips came with it.
- It calls a tool when one is given and the text asks for it by name. The arguments conform to the tool's
  schema; their values come from a JSON object or from `key=value` pairs that follow the name. Several names
  are several calls, in parallel unless `parallel_tool_calls` is false. Once they are answered it says what
  the results say. `tool_choice` is honoured: none, required, a function by name.
- It answers with JSON that conforms to a given `json_schema`, with the values that the text gives; it
  knows `json_object` too.
- It thinks when asked to: a `reasoning_effort` other than `none` brings `reasoning_content`.
- A token is a word. `max_tokens`, `stop`, `logprobs`, `usage` and the stream's chunks all go by it.
- It is as strict as a strict upstream about roles, the order of messages, empty lists and parameters.
"""

from .app import BASE_URL, MODEL, app, transport

__all__ = ["BASE_URL", "MODEL", "app", "transport"]
