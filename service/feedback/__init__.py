"""What readers say of answers, and which answers that can still be said of."""
