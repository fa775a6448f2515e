"""The same laws for Chat Completions over Responses: each is a file, run over every case and over random replies."""
