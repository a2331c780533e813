"""Second derivatives: what differentiating a backward once more gives.

`exact` has those of a definition, `measured` those of a backward that can only be run, `ask` has
the framework differentiate, `points` and `arrays` make trials of them, and `study` says what came
out. A subject that nothing can differentiate twice is said to be one, and is not called wrong.
"""
