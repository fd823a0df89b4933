"""The model of sounds of distress: what it hears (`mel`), its weights, and how it was made.

``sounds.xml`` and ``sounds.bin`` are the network, ``sounds.json`` says how its outputs become
probabilities; `models.sounds.network` runs them. ``models/cards/sounds.md`` says what it was
trained on, how good it is, and what it must not be used for.
"""
