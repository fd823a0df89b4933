"""A simulated night of a station: how often it rings, and how often for nothing."""
