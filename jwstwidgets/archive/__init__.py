"""Where observations and product lists come from: one Protocol, and its adapters.

:class:`SampleArchive` is embedded and needs no network; :class:`MastArchive` asks MAST through
astroquery; :class:`CachedArchive` wraps either; :class:`ReplicaServer` serves either on loopback.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from jwstwidgets.archive.protocol import Archive, Call, ProductBatch, Progress, Query

if TYPE_CHECKING:
    from jwstwidgets.archive.cache import CachedArchive as CachedArchive
    from jwstwidgets.archive.mast import MastArchive as MastArchive
    from jwstwidgets.archive.replica import ReplicaServer as ReplicaServer
    from jwstwidgets.archive.sample import SampleArchive as SampleArchive

_HOME = {
    "CachedArchive": "cache",
    "MastArchive": "mast",
    "ReplicaServer": "replica",
    "SampleArchive": "sample",
}

__all__ = [
    "Archive",
    "CachedArchive",
    "Call",
    "MastArchive",
    "ProductBatch",
    "Progress",
    "Query",
    "ReplicaServer",
    "SampleArchive",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
