"""What other counters print for a user's network, found by their rules in a run of our own.

thop, ptflops, calflops and paddle.flops go by the exact class of a layer, or by functions that they
put in the place of the framework's. None of them is imported: `watch_torch` and `watch_paddle` see
the same calls, and a file for each tool says what it adds for them.
"""
