"""Counters of parameters and compute side by side, on networks that counters get wrong."""
