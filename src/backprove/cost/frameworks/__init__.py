"""Networks of Paddle and PyTorch, counted in the framework's own process."""

from backprove.cost.frameworks.ask import cost_of_file

__all__ = ["cost_of_file"]
