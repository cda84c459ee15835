"""What every request passes and every response has, whichever route it takes: checks, problem documents, streams."""
