"""Proving an operator's forward and backward, or showing the smallest input where it is wrong.

    from backprove.check import check
    result = check("leaky_relu", against=("exact", "paddle"))

`subject` runs the thing that is checked, `grid` and `plan` say on what, `pointwise` and `jacobian`
give the exact answers, `compare` holds one against the other, `shrink` finds the smallest failure
and `verdict` says in words what it is.
"""

from backprove.check.assertion import assert_correct
from backprove.check.run import check

__all__ = ["assert_correct", "check"]
