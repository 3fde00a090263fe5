"""A replica of MAST on loopback, for tutorials without a network and for tests with a bad one.

>>> from jwstwidgets.archive import MastArchive, Query, SampleArchive
>>> with ReplicaServer(SampleArchive()) as server:
...     rows = MastArchive(server.url).observations(Query(program=2733))
>>> rows.empty
False
"""

from jwstwidgets.archive.replica.faults import Fault, Faults, Served
from jwstwidgets.archive.replica.server import ReplicaServer

__all__ = ["Fault", "Faults", "ReplicaServer", "Served"]
