"""Whose wearable is whose, measured: people simulated from skeletons, and recordings of both."""
