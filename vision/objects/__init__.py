"""People and furniture as boxes: the second pair of eyes."""
