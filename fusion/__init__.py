"""Observations in, events out: the judgement of a room."""
