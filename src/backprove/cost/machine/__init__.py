"""What this machine does: the rates that a prediction of time is made of.

`calls` records which array functions an operator executes, `numpy` and `jax` time such a function
on this machine, `rates` keeps what was timed and answers for the sizes between, `store` keeps it
between runs. Nothing is timed before it is asked for.
"""
