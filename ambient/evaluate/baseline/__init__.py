"""Simulated residents whose voices vary as cited literature says, to measure the own baseline."""
