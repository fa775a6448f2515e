"""The programs that people use, unmodified, against a real server with a strict chat-only upstream behind it."""
