"""Wearables, monitors and small sensors: what they send in, observations out."""
