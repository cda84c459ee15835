"""Changing the index while it is served: what is taken, and the process that builds what comes next."""
