"""How many wrong operators the checker finds, and how many right ones it accuses.

`mutants` holds operators that are wrong on purpose, one family a file; `controls` right ones that
a hasty checker accuses; `sources` breaks every operator of the library in every small way.
"""
