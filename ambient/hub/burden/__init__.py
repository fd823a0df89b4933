"""Alarm burden: what alarms ask of a shift, and what thresholds and shadow mode would change."""
