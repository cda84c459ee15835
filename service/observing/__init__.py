"""What is told of the running service: metrics, traces, the log of questions, the last hour. It changes nothing."""
