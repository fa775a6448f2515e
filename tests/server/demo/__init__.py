"""The embedded demo upstream."""
