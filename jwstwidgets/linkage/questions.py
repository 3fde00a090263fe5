"""Questions an astronomer asks of a linkage, answered as tables and sentences.

What is needed to make a product again, which exposures it rests on, which level-3 products an
observation went into, and why two files hang together. Pure functions of a linkage; with
association documents the answers are what the pipeline would read, else what names and the archive
imply.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from jwstwidgets.associations import Association, Member
from jwstwidgets.errors import QueryError, UnknownFile
from jwstwidgets.linkage.documents import Documents
from jwstwidgets.linkage.edges import RELATION_CODES
from jwstwidgets.names import Name
from jwstwidgets.vocabulary import EVIDENCE, RELATIONS

if TYPE_CHECKING:
    from jwstwidgets.linkage.graph import Linkage

Codes = npt.NDArray[np.int32]
Stage = Literal[1, 2, 3]

#: Relations by which something goes into a stage-2 or stage-3 product, where no document tells.
_GOES_IN = ("composition", "antecedent", "contemporaneous calibration", "prerequisite")
_COLUMNS = ("code", "filename", "role", "stage", "size", "why", "evidence")


@dataclass(frozen=True)
class _Need:
    """A file that is needed, and why."""

    filename: str
    why: str
    evidence: str


def needed_for(linkage: Linkage, product: str | int, stage: Stage = 3) -> pd.DataFrame:
    """Everything that making a product again, from a stage on, would read; nothing more.

    Parameters
    ----------
    linkage : Linkage
        Best with the association documents (`build_linkage(..., associations=...)`).
    product : str or int
        A stage-2 or stage-3 product, by name, URI or code; of a product derived from another
        (a catalogue, say) what that is made from.
    stage : 1, 2 or 3
        The first stage to run. 3: the members of the stage-3 association and the document. 2: the
        members of the stage-2 associations of those, and all documents on the way. 1: the raw data
        in place of the count rates. For NIRSpec MOS, from stage 2 on down, the MSA configuration of
        the exposures' visits, which no association names.

    Returns
    -------
    DataFrame
        One row per file: `code` (-1 if it is not in the list), `filename`, `role`, `stage`, `size`
        (bytes, missing if not known), `why`, `evidence`. Calibration references are not included.

    Raises
    ------
    QueryError
        `stage` is none of 1, 2, 3, or later than the product.
    """
    if stage not in (1, 2, 3):
        raise QueryError(f"There is no stage {stage!r}.", "Stages are 1, 2 and 3.")
    code = linkage.table.code(product)
    inputs = _Inputs(linkage)
    own_stage = _stage_of(linkage, code)
    if stage > own_stage:
        name = linkage.table.files["filename"].iloc[code]
        raise QueryError(
            f"{name} is made in stage {own_stage}; it cannot be made from stage {stage} on.",
            f"Ask for stage {own_stage} or earlier.",
        )
    needs = list(inputs.of(code))
    for step in range(own_stage - 1, stage - 1, -1):
        needs = list(inputs.before(needs, step))
    return _table(linkage, needs)


def _stage_of(linkage: Linkage, code: int) -> int:
    """The stage that makes a file: 3 also for what stage 3 makes of each exposure (level 2c)."""
    name = linkage.table.names.iloc[code]
    of_candidate = name["kind"] == "exposure" and isinstance(name["candidate"], str)
    return 3 if name["kind"] == "level3" or of_candidate else 2


class _Inputs:
    """What goes into products, by documents where there are any, by links where not."""

    def __init__(self, linkage: Linkage) -> None:
        self.linkage = linkage
        self.names = linkage.table.names
        self._filename = linkage.table.files["filename"].to_numpy(dtype=object)
        self._documents = Documents(linkage.associations)

    def stated(self, name: Name) -> list[_Need]:
        """What the documents that make a product of this name state; empty if there are none."""
        documents = dict.fromkeys(association for association, _ in self._documents.of(name))
        return [need for document in documents for need in _stated(document)]

    def of(self, code: int) -> Iterator[_Need]:
        """What goes into the product that `code` is, or was derived from."""
        stated = self.stated(self._documents.name(self._filename[code]))
        if stated:
            yield from stated
            return
        for source, evidence in self._linked(code):
            yield _Need(self._filename[source], "inferred to go in", evidence)

    def _linked(self, code: int) -> Iterator[tuple[int, str]]:
        """Sources of links into the family of a product, those within the family left out."""
        edges, roots = self.linkage.edges, self.names["root"].cat.codes.to_numpy()
        family = np.flatnonzero(roots == roots[code]) if roots[code] >= 0 else np.array([code])
        into = np.isin(edges.target, family) & ~np.isin(edges.source, family)
        if self.names["kind"].iloc[code] == "exposure":
            # Within an exposure the family is the chain itself: one step back.
            into = (edges.target == code) & (edges.source != code)
        into &= np.isin(edges.relation, [RELATION_CODES[name] for name in _GOES_IN])
        into &= edges.evidence < list(EVIDENCE).index("contradicted")
        flagged = self.names["suffix"].isin(["crf", "crfints"]).to_numpy()
        for edge in np.flatnonzero(into & ~flagged[edges.source]):
            yield int(edges.source[edge]), list(EVIDENCE)[edges.evidence[edge]]

    def before(self, needs: Iterable[_Need], stage: int) -> Iterator[_Need]:
        """The same one stage earlier: what each was made from in `stage`, or itself if raw."""
        exposures: list[int] = []
        for need in needs:
            code = self.code(need.filename)
            name = self._documents.name(need.filename)
            if name.kind != "exposure":
                yield need
                continue
            exposures.append(code)
            made_of_raw = name.suffix in ("rate", "rateints")
            if stage == 1:
                uncal = f"{name.root}_uncal.fits"
                yield _Need(uncal, f"raw data of {need.filename}", "name") if made_of_raw else need
                continue
            if made_of_raw:  # a lamp's exposure, say, goes into stage 3 as stage 1 left it
                yield need
                continue
            found = self.stated(name) or list(self._of_code(code))
            yield from found or [need]
        yield from self._msa(exposures)

    def _of_code(self, code: int) -> Iterator[_Need]:
        return self.of(code) if code >= 0 else iter(())

    def _msa(self, exposures: list[int]) -> Iterator[_Need]:
        """MSA configurations linked to these exposures."""
        known = np.array([code for code in exposures if code >= 0], dtype=np.int32)
        is_msa = (self.names["kind"] == "msa").to_numpy()
        if not len(known) or not is_msa.any():
            return
        roots = self.names["root"].cat.codes.to_numpy()
        edges = self.linkage.edges
        of_these = is_msa[edges.source] & np.isin(roots[edges.target], roots[known])
        for edge in np.flatnonzero(of_these):
            evidence = list(EVIDENCE)[edges.evidence[edge]]
            yield _Need(self._filename[edges.source[edge]], "MSA configuration", evidence)

    def code(self, filename: str) -> int:
        """Code of a file; -1 if it is not in the list."""
        try:
            return self.linkage.table.code(filename)
        except UnknownFile:
            return -1


def _stated(document: Association) -> Iterator[_Need]:
    yield _Need(document.name, f"the {document.asn_type} association", "association")
    for member in document.members:
        yield _Need(member.expname, _part(member, document), "association")


def _part(member: Member, document: Association) -> str:
    return f"{member.exptype.replace('_', ' ')} of {document.name}"


def _table(linkage: Linkage, needs: Iterable[_Need]) -> pd.DataFrame:
    unique: dict[str, _Need] = {}
    for need in needs:
        unique.setdefault(need.filename, need)
    inputs = _Inputs(linkage)
    codes = np.array([inputs.code(name) for name in unique], dtype=np.int32)
    # At -1, a file that is not listed, nothing is known.
    stated = linkage.table.files[["role", "stage", "size"]]
    stated = stated.reset_index(drop=True).reindex(codes).reset_index(drop=True)
    table = stated.assign(
        code=codes,
        filename=list(unique),
        why=[need.why for need in unique.values()],
        evidence=[need.evidence for need in unique.values()],
    )
    return table.astype({"size": "Int64", "code": "int32"})[list(_COLUMNS)]


def observations_of(linkage: Linkage, product: str | int) -> pd.DataFrame:
    """Which observations, visits and exposures a product was made from.

    Returns
    -------
    DataFrame
        One row per exposure and detector: `program`, `observation`, `visit`, `dataset` (the
        exposure), `detector`, `files` (how many of its files are among the ancestors).
    """
    names = linkage.table.names.iloc[linkage.ancestors(product)]
    exposures = names[names["kind"] == "exposure"]
    by = ["program", "observation", "visit", "dataset", "detector"]
    counts = exposures[by].astype(object).fillna("").value_counts(sort=False)
    return counts.rename("files").reset_index().sort_values(by, ignore_index=True)


def level3_using(linkage: Linkage, observation: str) -> pd.DataFrame:
    """All level-3 products made with an observation, across candidates.

    Parameters
    ----------
    observation : str
        Observation number (``"002"``, ``"2"``) or the start of an id (``"jw02733002"``).

    Returns
    -------
    DataFrame
        Rows of the files: `code`, `filename`, `candidate`, `size`.
    """
    names = linkage.table.names
    if observation.isdecimal():
        wanted = names["observation"].astype(object) == observation.zfill(3)
    else:
        wanted = names["dataset"].astype(object).fillna("").str.startswith(observation)
    exposures = np.flatnonzero(wanted & (names["kind"] == "exposure"))
    found = linkage.descendants(exposures.astype(np.int32))
    found = np.sort(found[(names["kind"] == "level3").to_numpy()[found]])
    table = linkage.table.files.iloc[found][["filename", "size"]].reset_index(drop=True)
    table.insert(0, "code", found)
    return table.assign(candidate=names["candidate"].iloc[found].to_numpy(dtype=object))


def why_linked(linkage: Linkage, first: str | int, second: str | int) -> list[str]:
    """Why two files hang together: the shortest way from one to the other, a sentence a link.

    Raises
    ------
    UnknownFile
        One of them is not in the table.

    Returns
    -------
    list of str
        Empty if nothing links them.
    """
    start, end = linkage.table.code(first), linkage.table.code(second)
    edges, filename = linkage.edges, linkage.table.files["filename"].tolist()
    before: dict[int, int] = {}
    front = np.array([start], dtype=np.int32)
    seen = np.zeros(len(linkage.table), dtype=bool)
    seen[start] = True
    while len(front) and not seen[end]:
        here = np.flatnonzero(np.isin(edges.source, front) | np.isin(edges.target, front))
        from_front = np.isin(edges.source[here], front)
        there = np.where(from_front, edges.target[here], edges.source[here])
        new, first_way = np.unique(there[~seen[there]], return_index=True)
        way = here[~seen[there]][first_way]
        before.update(zip(new.tolist(), way.tolist(), strict=True))
        seen[new] = True
        front = new
    sentences: list[str] = []
    at = end
    while at != start and at in before:
        edge = before[at]
        source, target = int(edges.source[edge]), int(edges.target[edge])
        at = source if at == target else target
        relation = list(RELATIONS.values())[edges.relation[edge]]
        evidence = list(EVIDENCE.values())[edges.evidence[edge]]
        via = int(edges.via[edge])
        stated = f": {filename[via]}" if via >= 0 else ""
        sentences.append(
            f"{filename[source]} {relation.forward} {filename[target]} "
            f"({relation.label}; {evidence}{stated})."
        )
    return sentences[::-1]
