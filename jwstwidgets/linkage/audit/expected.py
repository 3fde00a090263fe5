"""Which files there should be: what documents, a pool and comparison say of a scope.

A *scope* is what is audited: a level-3 product, an exposure, an observation, a candidate, a
program. Documents state members and products; a pool states the raw data of every exposure; files
that all alike exposures have and one has not are told by comparison. Nothing here looks at whether
a file is archived, except for the comparison.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from jwstwidgets.associations import Association, AssociationProduct
from jwstwidgets.linkage.documents import Documents, Making
from jwstwidgets.names import Name, parse
from jwstwidgets.vocabulary import describe

if TYPE_CHECKING:
    from jwstwidgets.linkage.audit.holdings import Holdings

#: What an association of a type makes in every mode; the first that is archived stands for the
#: product, and if none is, the first of all (JWST pipeline documentation, stage 2 and 3 modules).
_MADE: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "image3": ("i2d",),
        "wfs-image3": ("wfscmb",),
        "spec3": ("x1d",),
        "tso3": ("x1dints", "phot"),
        "coron3": ("i2d",),
        "ami3": ("aminorm-oi", "amiavg-oi", "aminorm", "amiavg", "amilg"),
    }
)
#: As many exposures must be alike for one to be missed by comparison.
_ALIKE: Final = 3


@dataclass(frozen=True)
class Expected:
    """A file that there should be.

    Attributes
    ----------
    filename, what : str
        Its name, and what it is: the member's exptype, ``product``, ``association``,
        ``raw data``, or a description.
    product : str
        What it is expected for, as the document names it.
    evidence : str
        ``association``, ``pool``, ``planned``, or ``name`` (by comparison).
    source : str
        The document, pool or observation that says so.
    note : str
        What went wrong with the exposure, as its source says.
    """

    filename: str
    what: str
    product: str
    evidence: str
    source: str
    note: str = ""


def with_inputs(documents: Documents, makings: Iterable[Making]) -> list[Making]:
    """These, and the stage-2 documents of the members of those of stage 3."""
    found: dict[tuple[str, str], Making] = {}
    for making in makings:
        found.setdefault((making[0].name, making[1].name), making)
    for association, product in list(found.values()):
        if association.stage != 3:
            continue
        for member in product.members:
            name = documents.name(member.expname)
            if name.kind != "exposure":
                continue  # a direct image, say: how it was made is its own audit's business
            for making in documents.of(name):
                found.setdefault((making[0].name, making[1].name), making)
    return list(found.values())


def by_documents(makings: Iterable[Making], holdings: Holdings) -> Iterator[Expected]:
    """What documents state: products, members, and the documents themselves."""
    for association, product in makings:
        state = {"product": product.name, "evidence": "association", "source": association.name}
        yield Expected(_product_file(association, product, holdings), "product", **state)
        if holdings.documents.name(association.name).kind == "association":
            yield Expected(association.name, "association", **state)
        yield from by_members([(association, product)])


def by_members(makings: Iterable[Making]) -> Iterator[Expected]:
    """The members that documents name."""
    for association, product in makings:
        state = {"product": product.name, "evidence": "association", "source": association.name}
        for member in product.members:
            yield Expected(member.expname, member.exptype, **state, note=member.exposerr)


def _product_file(association: Association, product: AssociationProduct, holdings: Holdings) -> str:
    """The archived file that a product of a document is, or its name if there is none."""
    name = holdings.documents.name(product.name)
    suffixes = _MADE.get(association.asn_type) or _stage2_suffixes(product, holdings)
    if name.suffix == "{suffix}":
        names = [product.name.replace("{suffix}", suffix) for suffix in suffixes]
    else:
        names = [f"{product.name}_{suffix}" for suffix in suffixes]
    files = [f"{stem}.fits" for stem in names]
    if name.source in ("{source_id}", "{slit_name}"):
        return holdings.of_template(name, suffixes) or files[0]
    return next((file for file in files if holdings.has(file)), files[0])


def _stage2_suffixes(product: AssociationProduct, holdings: Holdings) -> tuple[str, ...]:
    read = holdings.documents.name
    science = [read(m.expname).suffix for m in product.members if m.exptype == "science"]
    return ("calints", "cal") if "rateints" in science else ("cal", "calints")


def by_pool(rows: pd.DataFrame, pool_name: str) -> Iterator[Expected]:
    """What a pool states: the raw data of each exposure."""
    columns = ("filename", "root", "exposerr", "dms_note")
    for filename, root, exposerr, note in zip(*(rows[c] for c in columns), strict=True):
        if pd.isna(filename):
            continue
        notes = "; ".join(str(text) for text in (exposerr, note) if not pd.isna(text))
        product = "" if pd.isna(root) else str(root)
        yield Expected(str(filename), "raw data", product, "pool", pool_name, notes)


def by_comparison(roots: Mapping[str, tuple[Any, ...]], holdings: Holdings) -> Iterator[Expected]:
    """What all alike have, and one has not.

    Parameters
    ----------
    roots : mapping
        Stem of an exposure's or a level-3 product's names -> what makes it alike to others.
    """
    groups: dict[tuple[Any, ...], list[str]] = {}
    for root, key in roots.items():
        groups.setdefault(key, []).append(root)
    for alike in groups.values():
        files = {root: holdings.kinds_of_file(root) for root in alike}
        having = [root for root in alike if files[root]]
        if len(having) < _ALIKE:
            continue
        for kind in dict.fromkeys(kind for root in having for kind in files[root]):
            without = [root for root in having if kind not in files[root]]
            if len(without) == 1:
                pattern = next(files[root][kind] for root in having if kind in files[root])
                yield _missed(without[0], pattern, len(having) - 1)


def _missed(root: str, pattern: str, peers: int) -> Expected:
    name = parse(pattern)
    filename = pattern.replace(name.root or "", root, 1)
    what = describe(name.suffix or "", name.kind).label
    return Expected(filename, what, root, "name", f"all {peers} others like it have one")


def same_conditions(name: Name, makings: Iterable[Making]) -> tuple[Any, ...]:
    """What exposures or products that should give the same kinds of files have in common."""
    rules = tuple(sorted({(a.asn_type, a.rule) for a, _ in makings}))
    if name.kind == "level3":
        return (name.program, name.candidate, name.instrument, rules)
    if rules:
        return (name.program, name.observation, name.detector, rules)
    activity = (name.group, name.sequence, name.activity)
    return (name.program, name.observation, name.visit, *activity, name.detector)
