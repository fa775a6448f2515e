"""All scenarios of the OpenAI SDK."""

import openai_replies
import openai_state
import openai_tools
from scenarios import run

__all__ = ["openai_replies", "openai_state", "openai_tools"]

run()
