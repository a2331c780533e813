"""Training and inference beside peers: the same work, one process each, alternating.

work.py      what is trained
peers/       one peer a file; needs NumPy and its own library only
one.py       runs one peer on one work in this process, prints JSON
gemm.py      the rate of the pure matrix products, by library
places.py    which Python runs which peer
compare.py   rounds over all peers, medians, ratios, the table and the file of results
chart.py     the results as a picture
"""
