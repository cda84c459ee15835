"""The one pipeline, from a question to a checked answer or a refusal, on one snapshot from beginning to end."""
