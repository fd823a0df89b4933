"""Simulated days of residents alone in their rooms, to measure what is judged by own habits."""
