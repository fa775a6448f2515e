"""The two dialects as they stand on the wire."""
