"""From a product table to its linkage: every rule is asked, and their edges merged.

The rules need nothing but the table. Stronger evidence (association documents, headers, CRDS)
comes in as further edge sets and takes precedence edge by edge.
"""

from __future__ import annotations

from collections.abc import Iterable

from jwstwidgets.associations import Association
from jwstwidgets.linkage.chains import chain_edges, preview_edges
from jwstwidgets.linkage.companions import companion_edges
from jwstwidgets.linkage.edges import EdgeSet, merge
from jwstwidgets.linkage.graph import Linkage
from jwstwidgets.linkage.index import Index
from jwstwidgets.linkage.members import member_edges
from jwstwidgets.linkage.stated import contradict, read_statements
from jwstwidgets.products import ProductTable

_RULES = (chain_edges, preview_edges, member_edges, companion_edges)


def build_linkage(
    table: ProductTable,
    stated: Iterable[EdgeSet] = (),
    *,
    associations: Iterable[Association] = (),
) -> Linkage:
    """Link the files of a table.

    Parameters
    ----------
    table : ProductTable
        The files.
    stated : iterable of EdgeSet, optional
        Edges known on stronger evidence than names and listings, by codes of `table`.
    associations : iterable of Association, optional
        Documents that state what was made from what; see `jwstwidgets.associations`.

    Returns
    -------
    Linkage

    Examples
    --------
    >>> from jwstwidgets import ProductTable, SampleArchive, build_linkage
    >>> batch = next(SampleArchive().products(["87602450"]))
    >>> linkage = build_linkage(ProductTable.from_rows(batch.rows))
    >>> len(linkage.ancestors("jw02733-o002_t001_miri_f1130w_i2d.fits"))
    82
    """
    if not len(table):
        return Linkage(table, merge([]))
    index = Index(table)
    inferred = [found for rule in _RULES for found in rule(index)]
    statements = read_statements(index, associations)
    edges = contradict(merge([*stated, statements.edges, *inferred]), statements, index)
    return Linkage(table, edges, associations=statements.current, superseded=statements.superseded)
