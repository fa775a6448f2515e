# [configuration]
from openai import OpenAI

client = OpenAI(base_url="http://127.0.0.1:8080/v1", api_key="sk-client")
# [end]

from openai import APIStatusError
from pydantic import BaseModel

client.max_retries = 0

PIXEL = "data:image/png;base64,iVBORw0KGgo="
WEATHER = {
    "type": "function",
    "name": "get_weather",
    "description": "The weather of a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    "strict": False,
}
PATCH = {
    "type": "custom",
    "name": "patch",
    "description": "Changes files.",
    "format": {"type": "grammar", "syntax": "lark", "definition": "start: /.+/"},
}


class Person(BaseModel):
    name: str
    age: int


def user(text):
    return {"role": "user", "content": text}


def plain(item):
    """An item as it is sent back."""
    return item.model_dump(exclude_none=True)


def types(items):
    return [item.type for item in items]


def failure(ask):
    try:
        ask()
    except APIStatusError as error:
        return {"kind": type(error).__name__, "status": error.status_code, "code": error.code, "param": error.param}
    return None
