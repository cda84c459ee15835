"""What sources say themselves: quotes and what stands around them, single values, persons and reasons looked up."""
