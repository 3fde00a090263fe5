"""Filters: which files of a table are shown, as one immutable value.

The toggles add up. *MRP* keeps, of science, auxiliary and association files, only the Minimum
Recommended Products; guide stars, references and previews, which are never MRP, each have a
toggle of their own, so that none of them needs MRP to be off (in the portal they do).

>>> Filters().with_(guide_stars=True)
Filters(guide_stars=True)
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from jwstwidgets.errors import FilterError
from jwstwidgets.products import ProductTable
from jwstwidgets.units import format_bytes
from jwstwidgets.vocabulary import INSTRUMENTS, ROLE_LABELS, STAGES

Mask = npt.NDArray[np.bool_]

#: Toggle that governs each role; roles that are not here are governed by MRP alone.
_TOGGLE_OF_ROLE: Final = {
    "guide-star": "guide_stars",
    "reference": "references",
    "preview": "previews",
    "association": "associations",
    "pool": "associations",
}
_LABELS: Final = {
    "mrp": "MRP only",
    "guide_stars": "Guide stars",
    "references": "References",
    "previews": "Previews",
    "associations": "Associations",
    "stages": "Stages",
    "instruments": "Instruments",
    "detectors": "Detectors",
    "public_only": "Public only",
}
#: Roles of which a subset can be MRP; the others never are.
_MRP_ROLES: Final = ("science", "auxiliary", "association", "pool")


@dataclass(frozen=True, repr=False)
class Filters:
    """What to show.

    Parameters
    ----------
    mrp : bool
        Of science, auxiliary and association files, only the Minimum Recommended Products. On at
        first, as in the portal. Without effect on a list that does not state MRP (Missions).
    guide_stars, references, previews, associations : bool
        Whether files of these roles are shown; `associations` are documents and pools.
    stages : set of str, optional
        Of science, auxiliary and preview files, only these stages: ``1b 2a 2b 2c 3``.
    instruments, detectors : set of str, optional
        Only files of these, as in file names; files that belong to none are not touched.
    public_only : bool
        Hide what is under exclusive access.

    Raises
    ------
    FilterError
        A value that means nothing, such as an unknown stage or instrument.
    """

    mrp: bool = True
    guide_stars: bool = False
    references: bool = False
    previews: bool = False
    associations: bool = True
    stages: frozenset[str] | None = None
    instruments: frozenset[str] | None = None
    detectors: frozenset[str] | None = None
    public_only: bool = False

    def __post_init__(self) -> None:
        for toggle in (f.name for f in fields(self) if isinstance(f.default, bool)):
            given = getattr(self, toggle)
            if not isinstance(given, bool | np.bool_):
                raise FilterError(f"{toggle}={given!r} means nothing.", "Give True or False.")
            object.__setattr__(self, toggle, bool(given))
        for name, known in (("stages", STAGES), ("instruments", INSTRUMENTS), ("detectors", None)):
            given = getattr(self, name)
            if given is None:
                continue
            listed = list(given) if isinstance(given, Iterable) else [given]
            if not all(isinstance(value, str) for value in listed):
                raise FilterError(f"{name}={given!r} means nothing.", "Give texts, or None.")
            values = frozenset([given] if isinstance(given, str) else listed)
            unknown = sorted(values - frozenset(known)) if known else []
            if unknown:
                raise FilterError(
                    f"{name} has no {', '.join(map(repr, unknown))}.",
                    f"Known are {', '.join(known or ())}.",
                )
            object.__setattr__(self, name, values)

    @classmethod
    def everything(cls) -> Filters:
        """Filters that hide nothing."""
        return cls(mrp=False, guide_stars=True, references=True, previews=True)

    def with_(self, **changes: Any) -> Filters:
        """A copy with these parameters changed.

        Raises
        ------
        FilterError
            There is no such parameter, or the value means nothing.
        """
        unknown = sorted(set(changes) - {f.name for f in fields(self)})
        if unknown:
            raise FilterError(
                f"There is no filter {', '.join(map(repr, unknown))}.",
                f"Known are {', '.join(f.name for f in fields(self))}.",
            )
        return replace(self, **changes)

    def __repr__(self) -> str:
        changed = []
        for f in fields(self):
            value = getattr(self, f.name)
            if value != f.default:
                text = _repr(value)
                changed.append(f"{f.name}={text}")
        return f"Filters({', '.join(changed)})"

    def __str__(self) -> str:
        """What is on, in words."""
        words = [_LABELS[name].lower() for name in ("mrp", "public_only") if getattr(self, name)]
        for name in dict.fromkeys(_TOGGLE_OF_ROLE.values()):
            if not getattr(self, name):
                words.append(f"no {_LABELS[name].lower()}")
        for name in ("stages", "instruments", "detectors"):
            if (values := getattr(self, name)) is not None:
                words.append(f"{_LABELS[name].lower()} {', '.join(sorted(values))}")
        return ", ".join(words) or "no filter"

    def mask(self, table: ProductTable) -> Mask:
        """Which files are shown; shape (number of files,)."""
        shown = np.ones(len(table), dtype=bool)
        for hides in self._hidden_by(table).values():
            shown &= ~hides
        return shown

    def _hidden_by(self, table: ProductTable) -> dict[str, Mask]:
        """For each filter that is on, the files that it hides."""
        hidden: dict[str, Mask] = {}
        for toggle in dict.fromkeys(_TOGGLE_OF_ROLE.values()):
            if not getattr(self, toggle):
                hidden[toggle] = governed_by(toggle, table)
        if self.mrp and table.states_mrp:
            hidden["mrp"] = _has_role(table, _MRP_ROLES) & ~table.files["mrp"].to_numpy()
        if self.stages is not None:
            staged = _has_role(table, ("science", "auxiliary", "preview"))
            hidden["stages"] = staged & _is_other(table, "stage", self.stages)
        if self.instruments is not None:
            hidden["instruments"] = _is_other(table, "instrument", self.instruments)
        if self.detectors is not None:
            hidden["detectors"] = _is_other(table, "detector", self.detectors)
        if self.public_only:
            hidden["public_only"] = _is_one_of(table, "rights", ("EXCLUSIVE_ACCESS",))
        return hidden

    def explain(self, table: ProductTable, file: str | int) -> str:
        """In one sentence or two: why `file` is shown or hidden, and why it is or is not MRP.

        Raises
        ------
        UnknownFile
            There is no such file in `table`.
        """
        code = table.code(file)
        hiding = [_LABELS[name] for name, mask in self._hidden_by(table).items() if mask[code]]
        if not hiding:
            state = "Shown."
        else:
            names = " and ".join(f"“{name}”" for name in hiding)
            state = f"Hidden by the filter{'s' * (len(hiding) > 1)} {names}."
        return f"{state} {explain_mrp(table, code)}"


def _repr(value: object) -> str:
    if isinstance(value, frozenset):
        return f"{{{', '.join(map(repr, sorted(value)))}}}" if value else "frozenset()"
    return repr(value)


def governed_by(toggle: str, table: ProductTable) -> Mask:
    """The files that a toggle is about: for ``"mrp"`` those that are MRP."""
    if toggle == "mrp":
        return np.asarray(table.files["mrp"], dtype=bool)
    roles = [role for role, name in _TOGGLE_OF_ROLE.items() if name == toggle]
    return _has_role(table, roles)


def explain_mrp(table: ProductTable, file: str | int) -> str:
    """Why a file is or is not a Minimum Recommended Product, in a sentence.

    The rule is the archive's own: MRP are the files, other than previews and guide stars, that
    belong to the observation that was asked for, not to one of the exposures behind it.
    """
    code = table.code(file)
    role = str(table.files["role"].iloc[code])
    owners = table.owners(code)
    if not table.states_mrp:
        return "This list does not state which products are MRP."
    if table.files["mrp"].iloc[code]:
        owned = table.ownership
        of_mrp = owned.loc[(owned["file"] == code) & owned["mrp"], "owner"]
        if of_mrp.empty:
            return "It is MRP: the archive marks it so."
        owner = table.observations["obs_id"].iloc[of_mrp.iloc[0]]
        return f"It is MRP: it belongs to {owner}, the observation that was asked for."
    if role not in _MRP_ROLES:
        return f"It is not MRP: a {ROLE_LABELS[role]} never is."
    if not owners or not set(owners).isdisjoint(table.parents()["obs_id"]):
        return "It is not MRP: the archive does not mark it so."
    listed = owners[0] if len(owners) == 1 else f"{len(owners)} observations"
    return f"It is not MRP: it belongs to {listed}, not to the observation asked for."


def summarise(mask: Mask, table: ProductTable) -> str:
    """How much of a table a mask shows.

    >>> from jwstwidgets import ProductTable
    >>> summarise(np.zeros(0, bool), ProductTable.from_rows([]))
    'showing 0 of 0 files · 0 B of 0 B'
    """
    shown, total = table.total_bytes(mask), table.total_bytes()
    return (
        f"showing {int(mask.sum()):,} of {len(table):,} files · "
        f"{format_bytes(shown)} of {format_bytes(total)}"
    )


def _is_one_of(table: ProductTable, column: str, values: Iterable[str]) -> Mask:
    categorical = table.files[column].cat
    wanted = np.append(categorical.categories.isin(list(values)), False)
    return np.asarray(wanted[categorical.codes.to_numpy()], dtype=bool)


def _is_other(table: ProductTable, column: str, values: Iterable[str]) -> Mask:
    stated = table.files[column].cat.codes.to_numpy() >= 0
    return np.asarray(stated & ~_is_one_of(table, column, values), dtype=bool)


def _has_role(table: ProductTable, roles: Iterable[str]) -> Mask:
    return _is_one_of(table, "role", roles)
