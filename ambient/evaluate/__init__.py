"""Measure on labelled recordings, replay, and benchmark beside peers."""
