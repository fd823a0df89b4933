"""Relays and lines: the wires that still call when pages and links do not."""
