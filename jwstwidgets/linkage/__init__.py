"""The heart: which file was made from which, what uses it, and how we know."""

from jwstwidgets.linkage.build import build_linkage
from jwstwidgets.linkage.edges import EdgeSet
from jwstwidgets.linkage.graph import LINEAGE, Linkage

__all__ = ["LINEAGE", "EdgeSet", "Linkage", "build_linkage"]
