"""Parsers of what devices send: bytes or text in, readings or refusals out; all pure."""
