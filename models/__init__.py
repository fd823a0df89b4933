"""Learned models: the catalogue, where they come from, weights of our own."""
