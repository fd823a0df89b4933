"""How the wearable fall detector is made: traces told in many ways, bodies of physics, a fit."""
