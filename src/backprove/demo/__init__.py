"""The course's chapter, end to end: check an operator, train and count, see one not converge."""
