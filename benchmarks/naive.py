"""The same linkage the usual way: a loop over the rows, regular expressions, a networkx graph.

As one would write it in a notebook, with care: names are read once per file, not once per row, and
everything looked up is in a dictionary. Which product is made from which is taken from our own
chains, so that the work is the same; `tests/test_benchmarks.py` checks that the edges are.

It knows the rules that the generated list needs, about half of ours: no target acquisitions, no
references, no wavefront sensing.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from itertools import chain

import networkx
import pandas as pd

from jwstwidgets.linkage.chains import EXPOSURE_CHAIN, GUIDE_STAR_CHAIN, LEVEL3_CHAIN

_VISIT = r"jw\d{5}\d{3}\d{3}"
_TAIL = r"(?P<suffix>[a-z0-9]+)\.(?P<ext>[a-z]+)"
_NAMES = {
    "exposure": re.compile(
        rf"(?P<root>{_VISIT}_\d{{3}}[0-9a-z]{{2}}_\d{{5}}(?:-seg\d{{3}})?_(?P<detector>[a-z0-9]+))"
        rf"(?:_(?P<candidate>[oca]\d{{3,4}}))?_{_TAIL}"
    ),
    "guide-star": re.compile(
        rf"(?P<root>{_VISIT}_gs-[a-z0-9]+_\d+(?:_(?:image|stacked))?)_{_TAIL}"
    ),
    "level3": re.compile(
        rf"(?P<root>jw\d{{5}}-(?P<candidate>[oca]\d{{3,4}})_[tsbv]\d+_(?P<instrument>[a-z]+)"
        rf"_[a-z0-9-]+)_{_TAIL}"
    ),
    "association": re.compile(
        r"jw(?P<program>\d{5})-(?P<candidate>[oca]\d{3,4})_(?P<stamp>\d+t\d+)"
        r"_(?P<type>[a-z0-9-]+)_\d+_asn\.json"
    ),
    "pool": re.compile(r"jw(?P<program>\d{5})_(?P<stamp>\d+t\d+)_pool\.csv"),
    "msa": re.compile(rf"{_VISIT}_\d+_msa\.fits"),
}
_CHAINS = {
    "exposure": ("antecedent", EXPOSURE_CHAIN),
    "guide-star": ("antecedent", GUIDE_STAR_CHAIN),
    "level3": ("multiplicity", LEVEL3_CHAIN),
}
_INSTRUMENT = {"nrc": "nircam", "nrs": "nirspec", "nis": "niriss", "mir": "miri"}

Edge = tuple[str, str, dict[str, str]]
Names = dict[str, tuple[str, dict[str, str]]]


def link_row_by_row(rows: pd.DataFrame) -> networkx.DiGraph:
    """Nodes are file names; edges have `relation` and `evidence`, as of `Linkage.to_networkx`."""
    graph = networkx.DiGraph()
    names: Names = {}
    owners: dict[str, set[str]] = defaultdict(set)
    members: dict[str, set[str]] = defaultdict(set)
    obs_id_of: dict[str, str] = {}
    mrp: set[str] = set()
    for row in rows.itertuples(index=False):
        filename = row.productFilename
        if filename not in names:
            names[filename] = _read(filename)
            graph.add_node(filename, size=row.size, type=row.productType, rights=row.dataRights)
        if row.productGroupDescription == "Minimum Recommended Products":
            mrp.add(filename)
        owners[filename].add(row.obs_id)
        obs_id_of[row.obsID] = row.obs_id
        members[row.parent_obsid].add(row.obs_id)
    networkx.set_node_attributes(graph, {name: name in mrp for name in names}, "mrp")
    slots = _slots(names)
    listed = {obs_id_of[asked]: found for asked, found in members.items() if asked in obs_id_of}
    # The weaker evidence first: an edge that is found again is overwritten.
    edges = chain(
        _members(names, slots, listed), _chains(names, slots), _companions(names, slots, owners)
    )
    graph.add_edges_from(edges)
    return graph


def _read(filename: str) -> tuple[str, dict[str, str]]:
    for kind, pattern in _NAMES.items():
        match = pattern.fullmatch(filename)
        if match:
            return kind, match.groupdict()
    return "unknown", {}


def _slots(names: Names) -> dict[str, dict[str, str]]:
    """Root -> suffix -> the data file with it."""
    slots: dict[str, dict[str, str]] = defaultdict(dict)
    for filename, (kind, name) in names.items():
        made_for_one = kind == "exposure" and name["candidate"]
        if "root" in name and name["ext"] != "jpg" and not made_for_one:
            slots[name["root"]][name["suffix"]] = filename
    return slots


def _first(slots: dict[str, dict[str, str]], root: str, suffixes: tuple[str, ...]) -> str | None:
    have = slots.get(root, {})
    return next((have[suffix] for suffix in suffixes if suffix in have), None)


def _link(source: str | None, target: str | None, relation: str, evidence: str) -> Iterator[Edge]:
    if source and target:
        yield source, target, {"relation": relation, "evidence": evidence}


def _chains(names: Names, slots: dict[str, dict[str, str]]) -> Iterator[Edge]:
    """Within an exposure, a level-3 product, a guide-star activity; previews to what they show."""
    for filename, (kind, name) in names.items():
        if name.get("ext") == "jpg":
            shown = filename.removesuffix(".jpg") + ".fits"
            yield from _link(filename, shown if shown in names else None, "linked", "name")
        elif kind in _CHAINS:
            relation, sources = _CHAINS[kind]
            source = _first(slots, name["root"], sources.get(name["suffix"], ()))
            yield from _link(source, filename, relation, "name")


def _combined(slots: dict[str, dict[str, str]], root: str) -> list[str]:
    """The level-3 files that exposures are combined into."""
    have = slots.get(root, {})
    return [
        filename
        for suffix, filename in have.items()
        if not any(source in have for source in LEVEL3_CHAIN.get(suffix, ()))
    ]


def _members(
    names: Names, slots: dict[str, dict[str, str]], listed: dict[str, set[str]]
) -> Iterator[Edge]:
    """Exposures to the level-3 products they went into, as listed or, failing that, as named."""
    made_for: dict[tuple[str, str], list[str]] = defaultdict(list)
    exposures: dict[tuple[str, str], set[str]] = defaultdict(set)
    level3: dict[str, dict[str, str]] = {}
    kinds: dict[str, str] = {}
    for filename, (kind, name) in names.items():
        if "root" in name:
            kinds[name["root"]] = kind
        if kind == "exposure":
            instrument = _INSTRUMENT[name["detector"][:3]]
            exposures[f"o{filename[7:10]}", instrument].add(name["root"])
            if name["candidate"] and name["ext"] != "jpg":
                made_for[name["root"], name["candidate"]].append(filename)
        elif kind == "level3":
            level3[name["root"]] = name
    for root, name in level3.items():
        stated = {member for member in listed.get(root, ()) if kinds.get(member) == "exposure"}
        members = stated or exposures[name["candidate"], name["instrument"]]
        evidence = "archive" if stated else "name"
        for target in _combined(slots, root):
            for member in members:
                source = _first(slots, member, ("cal", "calints"))
                yield from _link(source, target, "composition", evidence)
                for crf in made_for.get((member, name["candidate"]), ()):
                    yield from _link(crf, target, "composition", evidence)


def _companions(
    names: Names, slots: dict[str, dict[str, str]], owners: dict[str, set[str]]
) -> Iterator[Edge]:
    """Guide stars, MSA files, associations and pools to what the archive lists them under."""
    generations: dict[tuple[str, str], list[str]] = defaultdict(list)
    for filename, (kind, name) in names.items():
        if kind == "association":
            generations[name["program"], name["stamp"]].append(filename)
    for filename, (kind, name) in names.items():
        if kind in ("guide-star", "msa"):
            relation = "aggregation" if kind == "guide-star" else "linked"
            for owner in owners[filename]:
                anchor = _first(slots, owner, ("uncal", "rate", "rateints", "cal"))
                yield from _link(anchor and filename, anchor, relation, "archive")
        elif kind == "association" and name["type"].endswith("2"):
            for owner in owners[filename]:
                made = _first(slots, owner, ("cal", "calints"))
                yield from _link(filename, made, "antecedent", "archive")
        elif kind == "association":
            for owner in owners[filename]:
                for target in _combined(slots, owner):
                    yield from _link(filename, target, "antecedent", "archive")
        elif kind == "pool":
            for association in generations[name["program"], name["stamp"]]:
                yield from _link(filename, association, "antecedent", "name")
