"""From all failures of a result to the smallest one.

`points` has single numbers tried alone, then arrays of equal elements; `arrays` makes the arrays
of an operator that is not elementwise smaller step by step; `smallest` takes the one or the other.
"""
