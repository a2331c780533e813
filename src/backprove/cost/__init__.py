"""Counting parameters and compute."""
