"""What jwstwidgets costs, beside the usual way, a peer, or the physical limit; `make bench`.

Speed is measured here and nowhere else: tests never assert a time. Every number is a ratio of two
measurements made side by side in one run, so that a busy machine slows down both.
"""
