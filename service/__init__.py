"""The question-answering service: retrieve, generate, verify, answer over HTTP."""
