"""Training what the project ships: recordings and simulations in, weights out.

Needs the environment of ``make setup-train``. The networks and the recipe stand in
``models.falls.learning``; here the recordings are brought into the form that it learns from.
"""
