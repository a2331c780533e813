"""The doctor's benchmark: programs that do not train, and what is known about them."""
