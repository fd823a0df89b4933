"""Nights in bed, simulated and drawn, and days with a wet room, to measure bed and absence."""
