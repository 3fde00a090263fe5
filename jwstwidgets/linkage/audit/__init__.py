"""Is it complete, and why is there no level-3 product: what is declared against what is archived.

Documents and the pool say which files there should be; the list says which there are; planned
observations and rights say what of the rest is still to come, or not for everybody yet. What none
of them says is "unknown": never a guess. Pure functions of a linkage and of rows.

>>> from jwstwidgets import ProductTable, SampleArchive, build_linkage
>>> from jwstwidgets.associations import fetch_association
>>> archive = SampleArchive()
>>> table = ProductTable.from_rows(next(archive.products(["87602450"])).rows)
>>> uris = table.files.loc[table.files["role"] == "association", "uri"]
>>> documents = [fetch_association(archive, uri) for uri in uris]
>>> print(audit(build_linkage(table, associations=documents)).sentence)
jw02733-o002_t001_miri_f1130w is complete: all 50 files that 17 associations name are archived.
>>> print(audit(build_linkage(table)).sentence)
Whether jw02733-o002_t001_miri_f1130w is complete is not known: neither its association nor its \
pool has been read; 86 of its files are archived.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pandas as pd

from jwstwidgets.errors import QueryError
from jwstwidgets.linkage.audit.holdings import Holdings
from jwstwidgets.linkage.audit.reasons import why_no_level3
from jwstwidgets.linkage.audit.scope import Scope, scope_of
from jwstwidgets.linkage.audit.table import ABSENT, audit_table
from jwstwidgets.linkage.audit.verdict import State, evidence_for, sentence_for, state_of
from jwstwidgets.names import parse
from jwstwidgets.pools import Pool

if TYPE_CHECKING:
    from jwstwidgets.linkage.graph import Linkage

__all__ = ["Audit", "audit", "audit_program"]


@dataclass(frozen=True, eq=False)
class Audit:
    """What is there of what there should be.

    Attributes
    ----------
    subject : str
        What was audited.
    state : str
        ``complete``; ``incomplete``; ``empty`` (nothing of it is archived); or ``unknown``.
    sentence : str
        State, numbers and names in one line.
    evidence : tuple of str
        What the state rests on, in sentences.
    table : DataFrame
        A row per expected file: `filename`; `what` (its exptype, ``product``, ``association``,
        ``raw data``, ...); `state`: ``archived``, ``exclusive`` (archived, not yet for everybody),
        ``planned``, ``failed`` or ``missing``; `release` (UTC, of exclusive files, if known);
        `product`, what it is expected for; `evidence` (``association``, ``pool``, ``planned``,
        ``name``); `source`, the document that says so; `note`, what went wrong with the exposure.
    missing : tuple of str
        Names of the expected files that are not archived (missing, failed or planned).
    cause, reason : str
        Why there is no level-3 product: see `jwstwidgets.linkage.audit.reasons.Reason`.
    parts : tuple of Audit
        Of a program: its observations and its candidates across observations.
    """

    subject: str
    state: State
    sentence: str
    evidence: tuple[str, ...]
    table: pd.DataFrame
    missing: tuple[str, ...]
    cause: str
    reason: str
    parts: tuple[Audit, ...] = ()

    def __repr__(self) -> str:
        return f"<Audit: {self.sentence}>"


def audit(
    linkage: Linkage,
    subject: str = "",
    *,
    observation: Mapping[str, Any] | None = None,
    pool: Pool | None = None,
    planned: pd.DataFrame | None = None,
) -> Audit:
    """Audit a level-3 product, an exposure, an observation or a candidate.

    Parameters
    ----------
    linkage : Linkage
        The files, best with their association documents.
    subject : str, optional
        A file name or `obs_id`, an observation (``"002"``, ``"o002"``, ``"jw02733002"``) or a
        candidate (``"c1001"``); by default what `observation` is, else what the list was asked for.
    observation : mapping, optional
        Its row as the archive gave it: `calib_level`, `t_obs_release` (MJD UTC), `exp_type`.
    pool : Pool, optional
        The program's pool; see `jwstwidgets.pools`.
    planned : DataFrame, optional
        Rows of observations (`obs_id`, `calib_level`, `filters`); the planned ones among them,
        `calib_level` -1, count.

    Raises
    ------
    QueryError
        Nothing says what to audit.
    """
    row = dict(observation or {})
    subject = subject or str(row.get("obs_id") or "") or _asked_for(linkage)
    holdings = Holdings(linkage)
    return _audit(scope_of(subject, holdings, pool, planned), holdings, row, pool)


def audit_program(
    linkage: Linkage,
    program: str | int = "",
    *,
    pool: Pool | None = None,
    observations: pd.DataFrame | None = None,
) -> Audit:
    """Audit a program as a whole, and each of its observations and candidates (`parts`).

    Parameters
    ----------
    linkage : Linkage
        The files of all its observations.
    program : str or int, optional
        Its number; by default all that is in `linkage`.
    pool : Pool, optional
        Its pool.
    observations : DataFrame, optional
        Rows of its observations: planned ones, and when exclusive access ends.
    """
    number = str(program).removeprefix("jw")
    label = f"jw{number.zfill(5)}" if number else ""
    holdings = Holdings(linkage)
    pool = Pool.empty() if pool is None else pool  # once, not for each part
    whole = scope_of(label, holdings, pool, observations)
    parts = []
    for subject in _parts(whole, holdings):
        row = _row_of(subject, observations)
        part = scope_of(f"{label}-{subject}" if label else subject, holdings, pool, observations)
        parts.append(_audit(part, holdings, row, pool))
    found = _audit(whole, holdings, {}, pool, label or "The program")
    return replace(found, parts=tuple(parts))


def _asked_for(linkage: Linkage) -> str:
    parents = linkage.table.parents()["obs_id"].tolist()
    level3 = linkage.table.names["root"][linkage.table.names["kind"] == "level3"].unique().tolist()
    for found in (parents, level3):
        if len(found) == 1:
            return str(found[0])
    raise QueryError(
        f"The list has files of {len(parents) or len(level3):,} observations: which to audit?",
        "Name one, e.g. subject='jw02733-o002_t001_miri_f1130w', or use audit_program.",
    )


def _parts(whole: Scope, holdings: Holdings) -> list[str]:
    """Observations (``o002``) and candidates (``c1001``) of a program, in order."""
    names = holdings.linkage.table.names.iloc[whole.files]
    observations = {
        *names["observation"].dropna(),
        *whole.planned["observation"].dropna(),
        *whole.pool["observation"].dropna(),
    }
    candidates = set(names["candidate"].dropna())
    candidates |= {association.candidate for association, _ in whole.makings}
    across = {c for c in candidates if c and not c.startswith("o")}
    observations |= {c[1:] for c in candidates if c.startswith("o")}
    return [*(f"o{observation}" for observation in sorted(observations)), *sorted(across)]


def _row_of(subject: str, observations: pd.DataFrame | None) -> dict[str, Any]:
    """When exclusive access to an observation ends: the latest of its rows."""
    if observations is None or not {"obs_id", "t_obs_release"} <= set(observations):
        return {}
    names = [parse(obs_id) for obs_id in observations["obs_id"]]
    own = [subject in (name.candidate, f"o{name.observation}") for name in names]
    release = pd.to_numeric(observations["t_obs_release"], errors="coerce")[own].max()
    return {} if pd.isna(release) else {"t_obs_release": release}


def _audit(
    scope: Scope,
    holdings: Holdings,
    observation: Mapping[str, Any],
    pool: Pool | None,
    label: str = "",
) -> Audit:
    label = label or scope.label
    table = audit_table(scope, holdings, pool, observation)
    state = state_of(table, scope, observation)
    reason = why_no_level3(scope, holdings, table, observation)
    return Audit(
        subject=label,
        state=state,
        sentence=sentence_for(label, state, table, scope, reason),
        evidence=evidence_for(table, scope, holdings),
        table=table,
        missing=tuple(table.loc[table["state"].isin(ABSENT), "filename"]),
        cause=reason.cause,
        reason=reason.sentence,
    )
