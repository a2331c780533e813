"""Regularisation by random masks."""
