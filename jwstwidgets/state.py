"""All there is to know of a session, as immutable values."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from jwstwidgets.basket import Basket
from jwstwidgets.filters import Filters
from jwstwidgets.jobs import JobState
from jwstwidgets.linkage import Linkage
from jwstwidgets.loading import Loaded
from jwstwidgets.products import ProductTable

Codes = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class Selection:
    """What is selected: a file, or a group of the diagram.

    Attributes
    ----------
    name : str
        File name (URI where another file has the same name), or id of the group.
    codes : ndarray of int32
        The files.
    is_group : bool
        Whether it is a group.
    """

    name: str
    codes: Codes
    is_group: bool = False

    @property
    def label(self) -> str:
        """The name for people: of a group, without its place in the tree."""
        return self.name.split("/", 2)[-1] if self.is_group else self.name

    @classmethod
    def of_file(cls, table: ProductTable, file: str | int) -> Selection:
        """A file of `table`, given by name, URI or code.

        Raises
        ------
        UnknownFile
            There is none.
        """
        code = table.code(file)
        name, uri = table.files[["filename", "uri"]].iloc[code].astype(str)
        return cls(name if table.code(name) == code else uri, np.array([code], dtype=np.int32))


@dataclass(frozen=True, eq=False)
class State:
    """All there is to know of a session; replaced, never changed in place.

    Attributes
    ----------
    loaded : Loaded
        The observation, its files and links, and the other observations that were found.
    filters : Filters
        What is shown.
    unfolded : tuple of str
        Ids of unfolded groups, in the order in which they were unfolded.
    selection : Selection or None
        What is selected.
    basket : Basket
        What to take home.
    basket_verbs : tuple of str
        How the basket came about, as Python.
    job : JobState
        The loading of an observation.
    reading : JobState
        The reading of its association documents.
    problems : tuple of str
        What went wrong since the last observation was opened, in sentences.
    """

    loaded: Loaded
    filters: Filters = field(default_factory=Filters)
    unfolded: tuple[str, ...] = ()
    selection: Selection | None = None
    basket: Basket = field(default_factory=Basket)
    basket_verbs: tuple[str, ...] = ()
    job: JobState = field(default_factory=lambda: JobState("Loading"))
    reading: JobState = field(default_factory=lambda: JobState("Reading associations"))
    problems: tuple[str, ...] = ()

    @property
    def linkage(self) -> Linkage:
        """Files and links."""
        return self.loaded.linkage

    @property
    def table(self) -> ProductTable:
        """The files."""
        return self.loaded.linkage.table

    @property
    def obs_id(self) -> str:
        """The observation; empty before one is open."""
        return str(self.loaded.observation.get("obs_id", ""))
