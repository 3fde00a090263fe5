"""Rows to linkage, and the ancestors of a level-3 file: beside networkx, and beside the floor.

The floor is what no implementation can avoid: every name read by one compiled regular expression
and numbered, both in compiled code, with nothing made of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import networkx
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.generate import MOSAIC
from benchmarks.measure import Line, best, compared, duration, times
from benchmarks.naive import link_row_by_row
from jwstwidgets import Linkage, ProductTable, build_linkage
from jwstwidgets.linkage import LINEAGE

#: One name as it has to be read at the least: what it is of, and what kind of product.
_FLOOR = (
    "^(?P<root>jw(?P<program>[0-9]{5})(?:(?P<observation>[0-9]{3})(?P<visit>[0-9]{3})"
    "|-(?P<candidate>[oca][0-9]{3,4}))_(?P<middle>.*))_(?P<suffix>[a-z0-9]+)"
    r"\.(?P<extension>[a-z]+)$"
)
_MOSAIC = f"{MOSAIC}_i2d.fits"


def link(rows: pd.DataFrame) -> Linkage:
    """What we do."""
    return build_linkage(ProductTable.from_rows(rows))


def floor(rows: pd.DataFrame) -> tuple[pa.Array, pa.Array]:
    """A bare regular expression and numbering, over the names of all rows."""
    names = pa.array(rows["productFilename"], type=pa.string())
    if isinstance(names, pa.ChunkedArray):
        names = names.combine_chunks()
    return pc.extract_regex(names, pattern=_FLOOR), pc.dictionary_encode(names)


def differences(rows: pd.DataFrame) -> list[str]:
    """How our graph and that of the row-by-row way differ; they should not."""
    ours, theirs = link(rows).to_networkx(), link_row_by_row(rows)
    found = [f"node {name}" for name in set(ours) ^ set(theirs)]

    def edges(graph: networkx.DiGraph) -> set[tuple[str, ...]]:
        return {(s, t, e["relation"], e["evidence"]) for s, t, e in graph.edges(data=True)}

    return found + [f"edge {edge}" for edge in edges(ours) ^ edges(theirs)]


def measure_linking(rows: pd.DataFrame, label: str, *, slow_rounds: int) -> Iterator[Line]:
    """Rows to linkage, beside the floor and beside networkx row by row."""
    ways = {
        "ours": lambda: link(rows),
        "floor": lambda: floor(rows),
        "networkx": lambda: link_row_by_row(rows),
    }
    took = best(ways, {"ours": 5, "floor": 5, "networkx": slow_rounds})
    files = rows["productFilename"].nunique()
    what = f"Rows → linkage: {len(rows):,} rows {label}, {files:,} files"
    ours = took["ours"]
    above, faster = ours / took["floor"], took["networkx"] / ours
    yield Line(
        what,
        duration(ours),
        f"floor: pyarrow regex and numbering of the names, {duration(took['floor'])}",
        f"{times(above)} the floor",
        "≤ 3 × the floor",
        above <= 3,
    )
    yield Line(
        what,
        duration(ours),
        f"networkx row by row, {duration(took['networkx'])}",
        compared(ours, took["networkx"]),
        "≥ 5 × faster",
        faster >= 5,
    )


def lineage_graph(linkage: Linkage) -> networkx.DiGraph:
    """What `Linkage.ancestors` walks, for networkx."""
    edges = linkage.edges_frame()
    edges = edges[edges["relation"].isin(LINEAGE)]
    return networkx.DiGraph(list(zip(edges["source"], edges["target"], strict=True)))


def first_time(linkage: Linkage) -> Linkage:
    """The same linkage without what it remembers between questions."""
    return replace(linkage, table=replace(linkage.table))


def ancestor_names(linkage: Linkage, file: str) -> set[str]:
    """Our answer, as networkx gives it."""
    return set(linkage.table.files["filename"].iloc[linkage.ancestors(file)])


def usual_file(linkage: Linkage) -> str:
    """The mosaic of one observation and filter."""
    name = linkage.table.names
    of_one = (name["candidate"] != "c1000") & (name["optical"] == "clear-f200w")
    image = (name["suffix"] == "i2d") & (name["extension"] == "fits")
    return str(name.loc[of_one & image, "raw"].iloc[0])


def measure_ancestors(linkage: Linkage) -> Iterator[Line]:
    """Ancestors of two level-3 files, beside networkx, which is given its graph."""
    graph = lineage_graph(linkage)
    for file, label in (
        (_MOSAIC, "the mosaic of a program"),
        (usual_file(linkage), "the mosaic of an observation"),
    ):
        found = networkx.ancestors(graph, file)
        if ancestor_names(linkage, file) != found:
            raise AssertionError(f"networkx finds other ancestors of {file}.")
        took = best(
            {
                "ours": lambda file=file: linkage.ancestors(file),
                "networkx": lambda file=file: networkx.ancestors(graph, file),
            },
            5,
            number=10,
        )
        # Each round needs a linkage that was never asked; making it is no work.
        new = [first_time(linkage) for _ in range(3)]
        cold = best({"cold": lambda new=new, file=file: new.pop().ancestors(file)}, 3)["cold"]
        faster = took["networkx"] / took["ours"]
        yield Line(
            f"Ancestors of {label}: {len(found):,} of {len(linkage.table):,} files",
            duration(took["ours"]),
            f"`networkx.ancestors`, its graph given, {duration(took['networkx'])}",
            compared(took["ours"], took["networkx"]),
            "≥ 20 × faster",
            faster >= 20,
        )
        yield Line(
            f"… asked for the first time, look-ups made ({label})",
            duration(cold),
            f"`networkx.ancestors`, its graph given, {duration(took['networkx'])}",
            compared(cold, took["networkx"]),
        )


def measure(rows: pd.DataFrame, label: str, *, slow_rounds: int = 2) -> Iterator[Line]:
    """Both measurements on one list."""
    yield from measure_linking(rows, label, slow_rounds=slow_rounds)
    yield from measure_ancestors(link(rows))
