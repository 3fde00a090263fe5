"""What association documents state about a table: the strongest evidence there is.

- A member is linked to the product made from it, by the relation that its `exptype` means.
- A template in a product's name (``{source_id}``) stands for every such product in the table.
- Of several generations of one association, the newest counts; the older are superseded.
- An inferred link into a product whose document does not name the source is *contradicted*.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from jwstwidgets.associations import Association, AssociationProduct
from jwstwidgets.linkage.chains import combined_products
from jwstwidgets.linkage.edges import EVIDENCE_CODES, RELATION_CODES, EdgeSet, merge
from jwstwidgets.linkage.index import Codes, Index
from jwstwidgets.names import parse

#: What a member's type means for its link to a stage-2 and to a stage-3 product. What is not here
#: is taken as data that go in.
_HELPS: Final = MappingProxyType(
    {
        "background": "contemporaneous calibration",
        "psf": "contemporaneous calibration",
        "imprint": "contemporaneous calibration",
        "leakcal": "contemporaneous calibration",
        "autoflat": "contemporaneous calibration",
        "autowave": "contemporaneous calibration",
        "target_acquisition": "prerequisite",
        "sourcecat": "antecedent",
        "segmap": "antecedent",
        "direct_image": "antecedent",
    }
)
_STAMP: Final = re.compile("[0-9]{8}[tT][0-9]{6}")
#: Relations by which members are inferred, and which a document can therefore contradict.
_INFERRED: Final = ("composition", "prerequisite")


@dataclass(frozen=True, eq=False)
class Statements:
    """What documents state about one table.

    Attributes
    ----------
    edges : EdgeSet
        Evidence ``association``, via the document where the table lists it.
    current : tuple of Association
        The newest generation of each document.
    complete : ndarray of int32
        Files of which a document says what they were made from: all of it.
    superseded : ndarray of int32
        Association files of which the table has a newer generation.
    """

    edges: EdgeSet
    current: tuple[Association, ...]
    complete: Codes
    superseded: Codes


def read_statements(index: Index, associations: Iterable[Association]) -> Statements:
    """What `associations` state about the files of `index`."""
    current, superseded = _newest(associations)
    if not current:  # the look-ups of a reader take 0.15 s for 300,000 files
        nothing = np.empty(0, np.int32)
        return Statements(merge([]), (), nothing, nothing)
    reader = _Reader(index)
    edges: list[EdgeSet] = []
    complete: list[Codes] = []
    for association in current:
        document = reader.code(association.name)
        for product in association.products:
            made = reader.products(association, product)
            if not len(made):
                continue
            complete.append(made)
            edges += _product_edges(reader, association, product, made, document)
    known = [code for name in superseded if (code := reader.code(name)) >= 0]
    made_by = np.unique(np.concatenate(complete)) if complete else np.empty(0, np.int32)
    return Statements(
        merge(edges), tuple(current), made_by.astype(np.int32), np.array(known, dtype=np.int32)
    )


def contradict(edges: EdgeSet, statements: Statements, index: Index) -> EdgeSet:
    """Mark the inferred links into products whose documents do not name the source's exposure."""
    weaker = edges.evidence != EVIDENCE_CODES["association"]
    inferred = np.isin(edges.relation, [RELATION_CODES[name] for name in _INFERRED])
    against = weaker & inferred & np.isin(edges.target, statements.complete)
    # A flagged exposure (crf) is another product of an exposure that the document names.
    against &= ~np.isin(_exposures_into(edges, index), _exposures_into(statements.edges, index))
    evidence = np.where(against, EVIDENCE_CODES["contradicted"], edges.evidence)
    return replace(edges, evidence=evidence.astype(np.int8))


def _exposures_into(edges: EdgeSet, index: Index) -> npt.NDArray[np.int64]:
    """A number for each edge's (root of the source, target)."""
    size = len(index.table) + 1
    return np.asarray(index.root[edges.source].astype(np.int64) * size + edges.target)


def _newest(associations: Iterable[Association]) -> tuple[list[Association], list[str]]:
    """The newest generation of each association, and the names of the older ones.

    A generation is a run of the generator over a program: its time stamp is in the names of its
    documents, or in them. Within one, several documents can make a product of one name (from
    `rate` and from `rateints`): none of them supersedes another.
    """
    by_product: dict[tuple[str, ...], list[Association]] = {}
    for association in associations:
        key = (association.asn_type, *(product.name for product in association.products))
        alike = by_product.setdefault(key, [])
        if association not in alike:
            alike.append(association)
    current: list[Association] = []
    older: list[str] = []
    for alike in by_product.values():
        newest = max(_generation(association) for association in alike)
        current += [a for a in alike if _generation(a) == newest]
        older += [a.name for a in alike if _generation(a) != newest]
    return current, older


def _generation(association: Association) -> str:
    """Time stamp of a document, which sorts as text does; empty if it has none."""
    stamp = parse(association.name).timestamp or association.version
    return stamp.lower() if _STAMP.fullmatch(stamp) else ""


class _Reader:
    """Look-ups from the names in a document to the files of a table."""

    def __init__(self, index: Index) -> None:
        self.index = index
        names = index.table.files["filename"].tolist()
        self._codes = {name: code for code, name in reversed(list(enumerate(names)))}
        categories = index.table.names["root"].cat.categories
        self._roots = {name: code for code, name in enumerate(categories)}
        combined = combined_products(index)
        order = np.argsort(index.root[combined], kind="stable")
        self._combined = combined[order]
        self._combined_root = index.root[self._combined]
        self._counter = index.table.names["counter"].astype(object).fillna("").to_numpy()

    def code(self, filename: str) -> int:
        """Code of a file; -1 if the table does not have it."""
        return int(self._codes.get(filename, -1))

    def codes(self, filenames: Sequence[str]) -> Codes:
        return np.array([self.code(name) for name in filenames], dtype=np.int32)

    def products(self, association: Association, product: AssociationProduct) -> Codes:
        """The files that a product of a document is: the one members go into, of each root."""
        roots = self._roots_of(product.name)
        if association.stage == 3:
            left = np.searchsorted(self._combined_root, roots, side="left")
            right = np.searchsorted(self._combined_root, roots, side="right")
            spans = [self._combined[a:b] for a, b in zip(left, right, strict=True)]
            made = np.concatenate([*spans, np.empty(0, np.int32)]).astype(np.int32)
            # Wavefront sensing: products of one name are told apart by a number at their end.
            numbered = self._counter[made] == (parse(product.name).counter or "")
            return np.asarray(made[numbered], dtype=np.int32)
        made = self._stage2[_reads_integrations(association, product)][roots]
        return made[made >= 0]

    @cached_property
    def _stage2(self) -> tuple[Codes, Codes]:
        """For each root, what stage 2 made of it: from count rates, and from rates per integration.

        Made once, not for each of thousands of documents.
        """
        derived = ("s3d", "s2d", "i2d", "x1d", "x1dints")
        return (
            self.index.first_slot(("cal", "calints", *derived)),
            self.index.first_slot(("calints", "cal", *derived)),
        )

    def _roots_of(self, name: str) -> npt.NDArray[np.int64]:
        if "{" not in name:
            return np.array([self._roots[name]] if name in self._roots else [], dtype=np.int64)
        wanted = parse(name)
        if wanted.kind != "level3":
            return np.empty(0, np.int64)
        if wanted.source is None:  # WFS&C: the template is the suffix, the root is whole
            return self._roots_of(wanted.root or "")
        roots = self.index.roots
        fits = roots["source"].notna() & (roots["kind"] == "level3")
        for field in ("program", "candidate", "instrument", "optical"):
            fits &= roots[field].astype(object).fillna("") == (getattr(wanted, field) or "")
        return np.flatnonzero(fits)


def _reads_integrations(association: Association, product: AssociationProduct) -> bool:
    """Whether stage 2 works on single integrations: time series, coronagraphy, interferometry."""
    science = (member for member in product.members if member.exptype == "science")
    return association.asn_type.startswith("tso") or any(
        parse(member.expname).suffix == "rateints" for member in science
    )


def _product_edges(
    reader: _Reader,
    association: Association,
    product: AssociationProduct,
    made: Codes,
    document: int,
) -> list[EdgeSet]:
    """Members to each of the files that a product is, and the document itself to them."""
    goes_in = "composition" if association.stage == 3 else "antecedent"
    by_relation: dict[str, list[str]] = {}
    for member in product.members:
        by_relation.setdefault(_HELPS.get(member.exptype, goes_in), []).append(member.expname)
    edges = [EdgeSet.make(np.full(len(made), document), made, "antecedent", "association")]
    for relation, expnames in by_relation.items():
        source, target = (a.ravel() for a in np.meshgrid(reader.codes(expnames), made))
        via = np.full(len(source), document)
        edges.append(EdgeSet.make(source, target, relation, "association", via))
    return edges
