"""The temporal model of falls: what it sees (`inputs`), its weights, and how it was made.

``falls.xml`` and ``falls.bin`` are the network, ``falls.json`` says how its outputs become
probabilities; `models.falls.network` runs them. ``models/cards/falls.md`` says what it was
trained on, how good it is, and what it must not be used for.
"""
