"""Sources beside one another: what each states, where they differ, and how that is told."""
