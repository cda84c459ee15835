"""Building and reading the index. Knows nothing of the service."""
