"""Frames in, observations about people out; the only package that touches pixels."""
