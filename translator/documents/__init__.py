"""What stands in a document, as text or as pictures of its pages; read in a process that may come to grief.

Nothing here is imported by the server but `kinds` and `limits`: the rest runs where `worker` is started, and knows
nothing of the server.
"""
