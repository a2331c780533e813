"""What the theory of training predicts, as pure functions of measured numbers.

One file a subject: what kills ReLU units before (`born_dead`) and during (`killing_step`) the
training, how initialisation scales a signal (`gain`), which constant a plateau is (`floors`), the
largest stable step (`stability`), the noise of a batch (`noise`), how far a budget of steps can
reach (`budget`) and units that can never differ (`symmetry`). Nothing here knows a network.
"""
