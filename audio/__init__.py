"""Sound in, speech and sound observations out."""
