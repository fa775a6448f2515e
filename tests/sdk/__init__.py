"""The official OpenAI SDK against the running server."""
