"""Arithmetic on two arrays, with broadcasting, and simple functions."""
