"""Translate a recorded chat stream into Responses events: no server, no network, no clock.

    python examples/translate_recorded_stream.py

The recording is what a chat-only model sent: some reasoning, some text, and two tool calls whose fragments are mixed.
"""

from __future__ import annotations

from pathlib import Path

from translator import responses_over_chat

RECORDING = Path(__file__).with_name("recorded_stream.sse")

# The request that the recording answers. The reply depends on it: it is echoed, and it says which tools there are.
REQUEST = {
    "model": "my-model",
    "input": "How warm is it in Paris and in Rome?",
    "store": False,
    "stream": True,
    "tools": [
        {
            "type": "function",
            "name": "get_weather",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
        }
    ],
}


def main() -> None:
    """Print each event as it becomes known, then the response they add up to."""
    call = responses_over_chat.translate_request(REQUEST)
    stream = call.stream(response_id="resp_example", created_at=1_764_000_000)
    events = stream.open()  # response.created and response.in_progress: nothing is needed from upstream for these
    with RECORDING.open("rb") as recording:
        while data := recording.read(100):  # cut anywhere, as a network would
            events += stream.receive_bytes(data)
    events += stream.finish(completed_at=1_764_000_002)

    for event in events:
        print(f"{event['sequence_number']:>3}  {event['type']:<42} {event.get('delta', '')}")

    print("\nThe response:")
    for item in stream.response["output"]:
        if item["type"] == "function_call":
            print(f"  {item['type']:<14} {item['call_id']}: {item['name']}({item['arguments']})")
        else:
            print(f"  {item['type']:<14} {''.join(part['text'] for part in item['content'])}")
    print(f"  {stream.response['status']}, {stream.response['usage']['total_tokens']} tokens")


if __name__ == "__main__":
    main()
