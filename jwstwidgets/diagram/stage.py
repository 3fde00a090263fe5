"""Keeps the last overview, scene and diagram, so that each is made once per change.

Several views ask for the diagram of one state; a toggle needs no new scene, an unfolding no new
overview. Nothing here but that memory.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from jwstwidgets.diagram.build import Scene
from jwstwidgets.diagram.groups import Group, find, overview
from jwstwidgets.diagram.model import Diagram
from jwstwidgets.filters import Filters
from jwstwidgets.linkage import Linkage

T = TypeVar("T")


class _Last(Generic[T]):
    """The value made for the last key."""

    def __init__(self) -> None:
        self._kept: tuple[Hashable, T] | None = None

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        if self._kept is None or self._kept[0] != key:
            self._kept = (key, make())
        return self._kept[1]


class Stage:
    """Diagrams of the states of one session."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._groups: _Last[tuple[Group, ...]] = _Last()
        self._scene: _Last[Scene] = _Last()
        self._diagram: _Last[Diagram] = _Last()

    def diagram(
        self, linkage: Linkage, unfolded: tuple[str, ...], filters: Filters, reason: str
    ) -> Diagram:
        """The diagram of this linkage, unfolded so, under these filters.

        A linkage is compared by identity: it never changes, and a new one is a new object.
        """
        with self._lock:
            groups = self._overview(linkage)
            scene = self._scene.get(
                (linkage, unfolded), lambda: Scene.make(linkage, unfolded, groups=groups)
            )
            return self._diagram.get(
                (linkage, unfolded, filters, reason),
                lambda: scene.draw(filters, missing_level3=reason),
            )

    def group(self, linkage: Linkage, id: str) -> Group | None:
        """The group with this id, whether it is drawn now or not; None if there is none."""
        with self._lock:
            return find(linkage.table, self._overview(linkage), id)

    def _overview(self, linkage: Linkage) -> tuple[Group, ...]:
        return self._groups.get(linkage, lambda: overview(linkage))
