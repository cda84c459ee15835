"""Gold files in each format, one file a format."""
