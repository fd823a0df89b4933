"""Sounds of a care room made by synthesis, seeded: voices, impacts, alarms, machines, rooms.

Everything takes a ``numpy.random.Generator`` and returns float32 samples at 16 kHz, so the same
seed makes the same sounds. Only spoken words need a tool (espeak-ng, whose words depend on those
before them in the same process), and only to train or to measure: a node never makes sound.
"""
