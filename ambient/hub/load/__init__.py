"""How much a hub takes in: measured, never part of a running hub."""
