"""The linkage graph: which file was made from which, what uses it, and how we know.

Integer arrays inside (compressed sparse rows, walked a whole front at a time); tables of what was
found outside. *Lineage* is the part of the graph along which data flow: who asks what made a
mosaic does not mean the guide-star files kept with its exposures. Every question can be asked
over all relations instead.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from jwstwidgets.associations import Association
from jwstwidgets.errors import MissingExtra
from jwstwidgets.linkage import questions
from jwstwidgets.linkage.edges import RELATION_CODES, EdgeSet
from jwstwidgets.products import ProductTable
from jwstwidgets.vocabulary import EVIDENCE, RELATIONS

if TYPE_CHECKING:
    import networkx

Codes = npt.NDArray[np.int32]
Files = str | int | Iterable[str | int]

#: Relations along which data flow.
LINEAGE: tuple[str, ...] = tuple(name for name, r in RELATIONS.items() if r.lineage)


@dataclass(frozen=True, eq=False)
class Adjacency:
    """Neighbours of each file, in compressed sparse rows; `edge` numbers the edges of the graph."""

    start: npt.NDArray[np.int64]
    neighbour: Codes
    edge: npt.NDArray[np.int64]

    @classmethod
    def make(cls, here: Codes, there: Codes, edge: npt.NDArray[np.int64], size: int) -> Adjacency:
        """Neighbours by edges from `here` to `there`, numbered `edge`, of `size` files."""
        from scipy.sparse import coo_array

        # Entries are edge numbers plus one, so that none is the zero that a sparse matrix drops.
        rows = coo_array((edge + 1, (here, there)), shape=(size, size)).tocsr()
        return cls(rows.indptr.astype(np.int64), rows.indices.astype(np.int32), rows.data - 1)

    def walk(self, origins: Codes, steps: int | None = None) -> tuple[Codes, Codes, Codes]:
        """Everything reachable from `origins`, front by front.

        Returns
        -------
        found : ndarray of int32
            Codes found, the origins not among them, nearest first.
        edge : ndarray of int32
            For each, an edge by which it was reached.
        distance : ndarray of int32
            For each, the number of steps.
        """
        seen = np.zeros(len(self.start) - 1, dtype=bool)
        seen[origins] = True
        front: Codes = np.unique(origins)
        found: list[Codes] = []
        edges: list[npt.NDArray[np.int64]] = []
        distances: list[npt.NDArray[np.int64]] = []
        while len(front) and (steps is None or len(found) < steps):
            at = self._entries(front)
            reached, by = self.neighbour[at], self.edge[at]
            new = ~seen[reached]
            front, first = np.unique(reached[new], return_index=True)
            seen[front] = True
            found.append(front)
            edges.append(by[new][first])
            distances.append(np.full(len(front), len(found)))
        if not found:
            nothing = np.empty(0, np.int32)
            return nothing, nothing, nothing
        return (
            np.concatenate(found).astype(np.int32),
            np.concatenate(edges).astype(np.int32),
            np.concatenate(distances).astype(np.int32),
        )

    @cached_property
    def _matrix(self) -> Any:
        """The same as scipy wants it; the values mean nothing."""
        from scipy.sparse import csr_matrix

        size = len(self.start) - 1
        rows = (np.ones(len(self.edge)), self.neighbour, self.start.astype(np.int32))
        return csr_matrix(rows, shape=(size, size))

    def reach(self, origins: Codes) -> Codes:
        """What `walk` finds, without how; faster from one file: every tap asks for that."""
        if len(origins) != 1:
            return self.walk(origins)[0]
        from scipy.sparse.csgraph import breadth_first_order

        order = breadth_first_order(self._matrix, int(origins[0]), return_predecessors=False)
        return np.asarray(order[1:], dtype=np.int32)

    def _entries(self, front: Codes) -> npt.NDArray[np.int64]:
        """Positions of all entries of these rows, laid end to end."""
        begin = self.start[front]
        counts = self.start[front + 1] - begin
        at = np.repeat(begin - (np.cumsum(counts) - counts), counts)
        at += np.arange(len(at))
        return at


@dataclass(frozen=True, eq=False)
class Linkage:
    """Files and the edges between them.

    Attributes
    ----------
    table : ProductTable
        The files; their codes are the nodes.
    edges : EdgeSet
        Each (source, target) once.
    associations : tuple of Association
        The documents that stated edges, the newest generation of each.
    superseded : ndarray of int32
        Codes of associations of which the table has a newer generation.
    """

    table: ProductTable
    edges: EdgeSet
    associations: tuple[Association, ...] = ()
    superseded: Codes = field(default_factory=lambda: np.empty(0, np.int32))

    def __repr__(self) -> str:
        return f"<Linkage: {len(self.table):,} files, {len(self.edges):,} links>"

    @cached_property
    def _is_lineage(self) -> npt.NDArray[np.bool_]:
        return np.isin(self.edges.relation, [RELATION_CODES[name] for name in LINEAGE])

    @cached_property
    def _adjacencies(self) -> dict[tuple[bool, bool], Adjacency]:
        return {}

    def _adjacency(self, backward: bool, lineage: bool) -> Adjacency:
        made = self._adjacencies
        if (backward, lineage) not in made:
            edge = np.flatnonzero(self._is_lineage) if lineage else np.arange(len(self.edges))
            source, target = self.edges.source[edge], self.edges.target[edge]
            here, there = (target, source) if backward else (source, target)
            made[backward, lineage] = Adjacency.make(here, there, edge, len(self.table))
        return made[backward, lineage]

    def codes(self, files: Files) -> Codes:
        """Codes of one or more files given by name, URI or code.

        Raises
        ------
        UnknownFile
            One of them is not in the table.
        """
        if isinstance(files, np.ndarray) and files.dtype.kind in "iu":
            return files.astype(np.int32)
        several = [files] if isinstance(files, str | int | np.integer) else list(files)
        return np.array([self.table.code(file) for file in several], dtype=np.int32)

    def ancestors(self, files: Files, *, all_relations: bool = False) -> Codes:
        """Codes of every file that these were made from, nearest first.

        Parameters
        ----------
        files : str, int or iterable
            File names, URIs or codes.
        all_relations : bool
            Follow every relation, not only those along which data flow: also guide stars, target
            acquisitions, previews, MSA files.
        """
        return self._adjacency(backward=True, lineage=not all_relations).reach(self.codes(files))

    def descendants(self, files: Files, *, all_relations: bool = False) -> Codes:
        """Codes of every file that was made from these, nearest first; see `ancestors`."""
        return self._adjacency(backward=False, lineage=not all_relations).reach(self.codes(files))

    def lineage(self, files: Files) -> Codes:
        """Codes of these files, all that made them and all that they made; sorted."""
        codes = self.codes(files)
        both = [codes, self.ancestors(codes), self.descendants(codes)]
        return np.unique(np.concatenate(both))

    def made_from(self, files: Files, *, recursive: bool = True) -> pd.DataFrame:
        """What these files were made from, as a table.

        Parameters
        ----------
        files : str, int or iterable
            File names, URIs or codes.
        recursive : bool
            All the way back to the raw data; False: one step.

        Returns
        -------
        DataFrame
            One row per file, nearest first: `code`, `filename`, `stage`, `role`, `size` (bytes),
            `steps` away, and of the link by which it was found: `relation`, `evidence`, `linked_to`
            (file name at its other end), `via` (association that states it).
        """
        return self._found(files, backward=True, recursive=recursive)

    def used_by(self, files: Files, *, recursive: bool = True) -> pd.DataFrame:
        """What was made with these files, as a table; columns as of `made_from`."""
        return self._found(files, backward=False, recursive=recursive)

    def _found(self, files: Files, *, backward: bool, recursive: bool) -> pd.DataFrame:
        walk = self._adjacency(backward, lineage=True).walk
        found, edge, steps = walk(self.codes(files), None if recursive else 1)
        rows = self.table.files.iloc[found][["filename", "stage", "role", "size"]]
        rows = rows.reset_index(drop=True)
        rows.insert(0, "code", found)
        other = self.edges.target[edge] if backward else self.edges.source[edge]
        return rows.assign(steps=steps, **self._describe(edge, linked_to=other))

    def _describe(self, edge: npt.NDArray[Any], **ends: Codes) -> dict[str, Any]:
        filename = self.table.files["filename"].to_numpy(dtype=object)
        via = self.edges.via[edge]
        relation, evidence = self.edges.relation[edge], self.edges.evidence[edge]
        return {
            **{name: filename[codes] for name, codes in ends.items()},
            "relation": pd.Categorical.from_codes(relation, categories=list(RELATIONS)),
            "evidence": pd.Categorical.from_codes(evidence, categories=list(EVIDENCE)),
            "via": np.where(via >= 0, filename[via], "") if len(filename) else [],
        }

    def needed_for(self, product: str | int, stage: questions.Stage = 3) -> pd.DataFrame:
        """Everything that making `product` again from `stage` on would read.

        See `jwstwidgets.linkage.questions.needed_for`.
        """
        return questions.needed_for(self, product, stage)

    def observations_of(self, product: str | int) -> pd.DataFrame:
        """Which observations, visits and exposures a product was made from, as a table."""
        return questions.observations_of(self, product)

    def level3_using(self, observation: str) -> pd.DataFrame:
        """All level-3 products made with an observation (``"002"``), across candidates."""
        return questions.level3_using(self, observation)

    def why_linked(self, first: str | int, second: str | int) -> list[str]:
        """Why two files hang together, a sentence per link; empty if they do not."""
        return questions.why_linked(self, first, second)

    def links(self, files: Files) -> pd.DataFrame:
        """Every direct link of these files, of all relations.

        Returns
        -------
        DataFrame
            `source`, `target` (file names), `source_code`, `target_code`, `relation`, `evidence`,
            `via`.
        """
        codes = self.codes(files)
        touches = np.isin(self.edges.source, codes) | np.isin(self.edges.target, codes)
        return self.edges_frame(np.flatnonzero(touches))

    def edges_frame(self, which: npt.NDArray[Any] | None = None) -> pd.DataFrame:
        """The edges (all by default) as a table; columns as of `links`."""
        edge = np.arange(len(self.edges)) if which is None else which
        source, target = self.edges.source[edge], self.edges.target[edge]
        ends = {"source_code": source, "target_code": target}
        frame = pd.DataFrame(self._describe(edge, source=source, target=target))
        return frame.assign(**ends)

    def nodes_frame(self) -> pd.DataFrame:
        """The files as a table; the index is the code."""
        return self.table.files.rename_axis("code")

    def to_networkx(self) -> networkx.DiGraph:
        """The graph for networkx: nodes are file names, attributes those of the two tables.

        Raises
        ------
        MissingExtra
            networkx is not installed.
        """
        try:
            import networkx
        except ImportError as error:
            raise MissingExtra(
                "to_networkx() needs networkx, which is not installed.",
                "pip install 'jwstwidgets[networkx]'",
            ) from error
        graph = networkx.DiGraph()
        nodes = self.table.files[["filename", "stage", "role", "mrp", "size"]]
        graph.add_nodes_from((row.pop("filename"), row) for row in nodes.to_dict("records"))
        columns = ["source", "target", "relation", "evidence", "via"]
        rows = self.edges_frame()[columns].itertuples(index=False, name=None)
        graph.add_edges_from(
            (source, target, {"relation": relation, "evidence": evidence, "via": via})
            for source, target, relation, evidence, via in rows
        )
        return graph
