"""Whole days of one room, simulated as skeletons, to count false alarms."""
