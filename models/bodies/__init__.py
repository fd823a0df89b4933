"""Synthetic people in synthetic rooms: a parametric body, key poses, a software rasteriser.

Development only: drawing needs numba. `body`, `pose` and `motion` need nothing but numpy.
"""
