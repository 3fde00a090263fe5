"""jwstwidgets: how the files of a JWST observation hang together, and how to take home some.

>>> import jwstwidgets
>>> jwstwidgets.parse("jw02733-o002_t001_miri_f1130w_i2d.fits").kind
'level3'

Everything below is imported on first use, so that importing the package is fast and a script that
only reads names never loads a widget.
"""

from __future__ import annotations

import importlib
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jwstwidgets.app import explore as explore
    from jwstwidgets.archive import CachedArchive as CachedArchive
    from jwstwidgets.archive import MastArchive as MastArchive
    from jwstwidgets.archive import Query as Query
    from jwstwidgets.archive import ReplicaServer as ReplicaServer
    from jwstwidgets.archive import SampleArchive as SampleArchive
    from jwstwidgets.basket import Basket as Basket
    from jwstwidgets.diagram import Diagram as Diagram
    from jwstwidgets.diagram import build_diagram as build_diagram
    from jwstwidgets.errors import JwstWidgetsError as JwstWidgetsError
    from jwstwidgets.filters import Filters as Filters
    from jwstwidgets.linkage import Linkage as Linkage
    from jwstwidgets.linkage import build_linkage as build_linkage
    from jwstwidgets.names import Name as Name
    from jwstwidgets.names import parse as parse
    from jwstwidgets.names import parse_many as parse_many
    from jwstwidgets.products import ProductTable as ProductTable
    from jwstwidgets.session import Session as Session

_HOME = {
    "Basket": "basket",
    "CachedArchive": "archive",
    "Diagram": "diagram",
    "Filters": "filters",
    "JwstWidgetsError": "errors",
    "Linkage": "linkage",
    "MastArchive": "archive",
    "Name": "names",
    "ProductTable": "products",
    "Query": "archive",
    "ReplicaServer": "archive",
    "SampleArchive": "archive",
    "Session": "session",
    "build_diagram": "diagram",
    "build_linkage": "linkage",
    "explore": "app",
    "parse": "names",
    "parse_many": "names",
}

__all__ = [*_HOME, "__version__"]

try:
    __version__ = version("jwstwidgets")
except PackageNotFoundError:  # used from a source tree that was never installed
    __version__ = "0+unknown"


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
