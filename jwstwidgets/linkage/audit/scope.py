"""What an audit is about: from what was asked to the documents, exposures and rows that concern it.

Knows how observations, candidates, products and exposures are named, and that a level-3 product
rests on exposures; nothing of what is archived or missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from jwstwidgets.exposure_types import no_level3
from jwstwidgets.linkage.audit.expected import with_inputs
from jwstwidgets.linkage.audit.planned import fits_optics, planned_rows
from jwstwidgets.linkage.documents import Making
from jwstwidgets.names import Name, parse
from jwstwidgets.pools import Pool, of_candidate

if TYPE_CHECKING:
    from jwstwidgets.linkage.audit.holdings import Holdings

Codes = npt.NDArray[np.int32]

_ASKED: Final = re.compile(
    "(?:jw(?P<program>[0-9]{5})(?P<visited>[0-9]{3})?)?-?"
    "(?P<candidate>[oca][0-9]{3,4})?(?P<observation>[0-9]{1,3})?"
)
_ELEMENTS: Final = ("filter", "pupil", "grating")


@dataclass(frozen=True, eq=False)
class Scope:
    """What concerns a level-3 product, an exposure, an observation, a candidate or a program.

    Attributes
    ----------
    label : str
        What it is about, for sentences.
    kind : str
        ``product``, ``exposure``, ``observation``, ``candidate`` or ``program``.
    makings : tuple of (Association, AssociationProduct)
        Documents that make its products, with the stage-2 documents of their members.
    contributions : tuple of (Association, AssociationProduct)
        Of an observation: documents of other candidates, with those members that are its own.
    roots : frozenset of str
        Its exposures, by the stem of their products' names.
    files, level3 : ndarray of int32
        Codes of its files; of those of them that are level-3 products.
    pool : DataFrame
        Its exposures in the pool.
    planned : DataFrame
        Its planned observations: the rows, with the fields of their names.
    """

    label: str
    kind: str
    makings: tuple[Making, ...]
    roots: frozenset[str]
    files: Codes
    level3: Codes
    pool: pd.DataFrame
    planned: pd.DataFrame
    contributions: tuple[Making, ...] = ()


def scope_of(
    subject: str, holdings: Holdings, pool: Pool | None, planned: pd.DataFrame | None
) -> Scope:
    """The scope that a subject names: see `jwstwidgets.linkage.audit.audit`."""
    return _Finder(holdings, pool, planned).find(subject)


class _Finder:
    def __init__(self, holdings: Holdings, pool: Pool | None, planned: pd.DataFrame | None) -> None:
        self.holdings = holdings
        self.documents = holdings.documents
        self.read = holdings.documents.name
        self.names = holdings.linkage.table.names
        self.pool = (Pool.empty() if pool is None else pool).exposures
        self.planned = planned_rows(planned)
        self.is_exposure = (self.names["kind"] == "exposure").to_numpy(dtype=bool)
        is_level3 = (self.names["kind"] == "level3").to_numpy(dtype=bool)
        self.is_level3 = is_level3 & holdings.is_product

    def find(self, subject: str) -> Scope:
        asked = _ASKED.fullmatch(subject)
        if asked is None:
            return self._of_name(parse(subject))
        observation = asked["visited"] or asked["observation"]
        candidate = asked["candidate"]
        if candidate is not None and candidate.startswith("o"):
            observation = candidate[1:]
        if observation is not None:
            return self._of_observation(subject, asked["program"], observation.zfill(3))
        if candidate is not None:
            return self._of_candidate(subject, asked["program"], candidate)
        return self._of_program(subject, asked["program"])

    def _of_name(self, name: Name) -> Scope:
        makings = self.documents.of(name)
        if name.kind == "association":
            makings = [m for m in self.documents.all if m[0].name == name.raw]
        if name.kind not in ("level3", "association"):
            return self._of_exposure(name, makings)
        all_makings = with_inputs(self.documents, makings)
        own = self.holdings.where("root", [name.root or name.raw])
        if name.counter:
            own = own[(self.names["counter"].iloc[own] == name.counter).to_numpy(dtype=bool)]
        made_from = self.holdings.linkage.ancestors(own)
        roots = self._member_roots(all_makings)
        if not makings:
            roots = frozenset(self.names["root"].iloc[made_from[self.is_exposure[made_from]]])
        rows = self._pool_rows(roots)
        if not makings:
            rows = self._pool_rows_of_product(name)
        label = _stem(name)
        files = np.union1d(own, made_from).astype(np.int32)
        return self._scope(label, "product", all_makings, roots, files, rows, name)

    def _of_exposure(self, name: Name, makings: Iterable[Making]) -> Scope:
        roots = {name.root} if name.root else set()
        if name.dataset and not name.detector:
            codes = self.holdings.where("dataset", [name.dataset])
            roots = set(self.names["root"].iloc[codes])
        makings = [*makings, *(m for r in roots for m in self.documents.of(self.read(r)))]
        found = with_inputs(self.documents, makings)
        files = self.holdings.where("root", roots)
        rows = self._pool_rows(roots)
        if not len(rows) and name.dataset:
            # Of a time series, the pool may name the exposure and the list its segments.
            of_dataset = self.pool["filename"].str.startswith(f"{name.dataset}_").fillna(False)
            rows = self.pool[of_dataset & (self.pool["detector"] == (name.detector or ""))]
        return self._scope(_stem(name), "exposure", found, frozenset(roots), files, rows, name)

    def _of_observation(self, label: str, program: str | None, observation: str) -> Scope:
        candidate = f"o{observation}"

        def concerns(making: Making) -> bool:
            name = self.read(making[1].name)
            return _is_of(name, program) and (
                observation == name.observation
                or candidate in (name.candidate, making[0].candidate)
            )

        makings = [m for m in self.documents.of_observation(observation) if concerns(m)]
        exposures = self._rows("observation", observation, program) & self.is_exposure
        level3 = self._rows("candidate", candidate, program) & self.is_level3
        of_it = (self.pool["observation"] == observation).fillna(False).to_numpy(dtype=bool)
        rows = self.pool[of_it & _of(self.pool, program)]
        roots = {*self.names["root"][exposures], *_roots(rows)}
        files = np.flatnonzero(exposures | level3).astype(np.int32)
        found = with_inputs(self.documents, makings)
        asked = Name(raw="", program=program, observation=observation)
        scope = self._scope(label, "observation", found, frozenset(roots), files, rows, asked)
        return replace(scope, contributions=tuple(self._contributions(makings, asked)))

    def _contributions(self, own: Iterable[Making], asked: Name) -> Iterator[Making]:
        made = {(association.name, product.name) for association, product in own}
        for association, product in self.documents.of_observation(asked.observation or ""):
            if association.stage != 3 or (association.name, product.name) in made:
                continue
            members = tuple(m for m in product.members if _is_within(self.read(m.expname), asked))
            if members:
                yield association, replace(product, members=members)

    def _of_candidate(self, label: str, program: str | None, candidate: str) -> Scope:
        makings = [
            making
            for making in self.documents.all
            if making[0].candidate == candidate and _is_of(self.read(making[1].name), program)
        ]
        found = with_inputs(self.documents, makings)
        own = np.flatnonzero(self._rows("candidate", candidate, program)).astype(np.int32)
        roots = self._member_roots(found)
        files = np.union1d(own, self.holdings.where("root", roots)).astype(np.int32)
        rows = self._pool_rows(roots)
        if not found:
            rows = self.pool[of_candidate(self.pool, candidate) & _of(self.pool, program)]
        asked = Name(raw="", program=program)
        return self._scope(label, "candidate", found, roots, files, rows, asked)

    def _of_program(self, label: str, program: str | None) -> Scope:
        makings = [m for m in self.documents.all if _is_of(self.read(m[1].name), program)]
        inside = self.is_exposure | self.is_level3
        if program is not None:
            inside &= (self.names["program"] == program).to_numpy(dtype=bool)
        rows = self.pool[_of(self.pool, program)]
        roots = {*self.names["root"][inside & self.is_exposure], *_roots(rows)}
        files = np.flatnonzero(inside).astype(np.int32)
        asked = Name(raw="", program=program)
        return self._scope(label, "program", makings, frozenset(roots), files, rows, asked)

    def _scope(
        self,
        label: str,
        kind: str,
        makings: Iterable[Making],
        roots: frozenset[str],
        files: Codes,
        rows: pd.DataFrame,
        asked: Name,
    ) -> Scope:
        later = self.holdings.linkage.descendants(files) if kind != "product" else files[:0]
        reached = np.union1d(files, later).astype(np.int32)
        return Scope(
            label=label,
            kind=kind,
            makings=tuple(makings),
            roots=roots,
            files=files,
            level3=reached[self.is_level3[reached]],
            pool=rows,
            planned=self._planned_rows(kind, roots, asked),
        )

    def _member_roots(self, makings: Iterable[Making]) -> frozenset[str]:
        members = (
            self.read(member.expname) for _, product in makings for member in product.members
        )
        return frozenset(name.root for name in members if name.kind == "exposure" and name.root)

    def _rows(self, field: str, value: str, program: str | None) -> npt.NDArray[np.bool_]:
        mask = self.names[field] == value
        if program is not None:
            mask &= self.names["program"] == program
        return np.asarray(mask, dtype=bool)

    def _pool_rows(self, roots: Iterable[str]) -> pd.DataFrame:
        return self.pool[self.pool["root"].isin(list(roots))]

    def _pool_rows_of_product(self, name: Name) -> pd.DataFrame:
        """Exposures that candidate and optical elements in a product's name leave for it."""
        rows = self.pool[
            of_candidate(self.pool, name.candidate or "") & _of(self.pool, name.program)
        ]
        rows = rows[(rows["instrument"] == name.instrument).fillna(False)]
        fits = [
            not no_level3(row) and fits_optics(name.optical, (row[e] for e in _ELEMENTS))
            for row in rows.to_dict("records")
        ]
        return rows[np.array(fits, dtype=bool)]

    def _planned_rows(self, kind: str, roots: frozenset[str], asked: Name) -> pd.DataFrame:
        rows = self.planned
        if not len(rows):
            return rows
        if asked.kind == "planned":
            return rows[rows["obs_id"] == asked.raw]
        rows = rows[_of(rows, asked.program)]
        if kind == "program":
            return rows
        observations = {self.read(r).observation for r in roots} | {asked.observation}
        if asked.candidate is not None and asked.candidate.startswith("o"):
            observations.add(asked.candidate[1:])
        rows = rows[rows["observation"].isin([o for o in observations if o])]
        if kind == "exposure":
            return rows[:0]  # it was executed
        if asked.optical is None or "filters" not in rows:
            return rows
        fits = [fits_optics(asked.optical, re.split("[;, ]+", str(f))) for f in rows["filters"]]
        return rows[np.array(fits, dtype=bool)]


def _roots(rows: pd.DataFrame) -> list[str]:
    return [str(root) for root in rows["root"].dropna()]


def _of(rows: pd.DataFrame, program: str | None) -> npt.NDArray[np.bool_]:
    if program is None:
        return np.ones(len(rows), dtype=bool)
    return np.asarray((rows["program"] == program).fillna(False), dtype=bool)


def _is_of(name: Name, program: str | None) -> bool:
    return program is None or name.program == program


def _is_within(name: Name, asked: Name) -> bool:
    return name.observation == asked.observation and _is_of(name, asked.program)


def _stem(name: Name) -> str:
    if name.counter and name.kind == "level3" and name.root and name.suffix:
        return f"{name.root}_{name.suffix}-{name.counter}"
    return name.root or name.raw
