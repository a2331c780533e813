"""A training step timed: predicted from the machine's rates, and measured.

The network runs once on arrays that note which functions are called (`trace`); the rates of this
machine for these functions add up to the predicted time (`models`, `predict`). Then the step is
really run, in the NumPy engine or compiled (`numpy_step`, `jax_step`).
"""
