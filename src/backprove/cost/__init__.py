"""Parameters, compute and memory of networks."""

from backprove.cost.count import cost
from backprove.cost.table import CostResult, Row

__all__ = ["CostResult", "Row", "cost"]
