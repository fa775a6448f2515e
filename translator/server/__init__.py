"""The front: thin, and all the I/O."""
