"""Networks of Paddle and PyTorch, counted from what they execute."""

from backprove.cost.frameworks.ask import cost_of_file
from backprove.cost.frameworks.in_process import cost_of_object, library_of

__all__ = ["cost_of_file", "cost_of_object", "library_of"]
