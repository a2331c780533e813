"""Subjects without a definition: what backward must give is measured on forward itself.

`recipes` finds inputs that forward accepts, `differences` gives one-sided derivatives with error
bars, `points` (elementwise) and `examples` (all others) make trials of them, `losses` reads a
backward that begins with labels, and `run` puts them together. `reference` holds the value against
what the user names: a NumPy function, or a framework's operator.
"""
