"""Each expected file and what has become of it: the table of an audit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from jwstwidgets.linkage.audit.expected import (
    Expected,
    by_comparison,
    by_documents,
    by_members,
    by_pool,
    same_conditions,
)
from jwstwidgets.linkage.audit.planned import exposure_key
from jwstwidgets.linkage.audit.scope import Scope
from jwstwidgets.names import Name, parse

if TYPE_CHECKING:
    from jwstwidgets.linkage.audit.holdings import Holdings
    from jwstwidgets.pools import Pool

COLUMNS: Final = ("filename", "what", "state", "release", "product", "evidence", "source", "note")
#: States of a file that is not archived.
ABSENT: Final = ("missing", "failed", "planned")
#: Day 0 of modified Julian dates, in which the archive states times (UTC).
_MJD: Final = pd.Timestamp("1858-11-17")


def audit_table(
    scope: Scope, holdings: Holdings, pool: Pool | None, observation: Mapping[str, Any]
) -> pd.DataFrame:
    """The table of an audit: see `jwstwidgets.linkage.audit.Audit`."""
    expected: dict[str, Expected] = {}
    for one in _expected(scope, holdings, pool):
        known = expected.setdefault(one.filename, one)
        if one.note and not known.note:
            expected[one.filename] = Expected(**{**_fields(known), "note": one.note})
    still_planned = _still_planned(scope, holdings)
    rows = [_row(one, holdings, still_planned) for one in expected.values()]
    became = {exposure_key(parse(row["filename"])) for row in rows if row["state"] == "planned"}
    rows += [_planned_row(obs_id) for key, obs_id in still_planned.items() if key not in became]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    exclusive = table["state"] == "exclusive"
    table["release"] = pd.Series(pd.NaT, index=table.index, dtype="datetime64[ns]")
    table.loc[exclusive, "release"] = _release(observation)
    return table


def _fields(one: Expected) -> dict[str, str]:
    return {field: getattr(one, field) for field in Expected.__dataclass_fields__}


def _expected(scope: Scope, holdings: Holdings, pool: Pool | None) -> Iterable[Expected]:
    yield from by_documents(scope.makings, holdings)
    yield from by_members(scope.contributions)
    yield from by_pool(scope.pool, pool.name if pool is not None else "")
    yield from by_comparison(_alike(scope, holdings), holdings)


def _alike(scope: Scope, holdings: Holdings) -> dict[str, tuple[Any, ...]]:
    """Exposures and level-3 products of a scope -> what makes each alike to others."""
    products = holdings.linkage.table.names["root"].iloc[scope.level3].dropna().unique()
    alike = {}
    for root in (*sorted(scope.roots), *products):
        name = holdings.documents.name(root)
        alike[root] = same_conditions(name, holdings.documents.of(name))
    return alike


def _row(
    one: Expected, holdings: Holdings, still_planned: Mapping[tuple[str | None, ...], str]
) -> dict[str, Any]:
    name = holdings.documents.name(one.filename)
    if holdings.has(one.filename):
        state = "exclusive" if holdings.is_exclusive(one.filename) else "archived"
    elif one.evidence == "pool" and holdings.has_segments(name):
        state = "archived"
    elif name.kind == "exposure" and exposure_key(name) in still_planned:
        state = "planned"
    else:
        state = "failed" if one.evidence != "name" and is_failure(one.note) else "missing"
    return {**_fields(one), "state": state}


def is_failure(note: str) -> bool:
    """Whether a note on an exposure says that it failed or was skipped."""
    return any(word in note.upper() for word in ("UNSUCCESSFUL", "FAIL", "SKIP"))


def _still_planned(scope: Scope, holdings: Holdings) -> dict[tuple[str | None, ...], str]:
    """Planned exposures of which no file is archived."""
    if not len(scope.planned):
        return {}
    table = holdings.linkage.table
    exposures = table.names[(table.names["kind"] == "exposure").to_numpy()]
    of_visits = exposures["observation"].isin(scope.planned["observation"].dropna())
    roots = exposures.loc[of_visits, "root"].dropna().unique()
    executed = {exposure_key(parse(root)) for root in roots}
    planned = {exposure_key(_planned_name(obs_id)): obs_id for obs_id in scope.planned["obs_id"]}
    return {key: obs_id for key, obs_id in planned.items() if key not in executed}


def _planned_name(obs_id: Any) -> Name:
    name = parse(str(obs_id))
    # Of a form that the grammar does not know: a key of its own.
    return name if name.kind == "planned" else Name(raw=name.raw, program=name.raw)


def _planned_row(obs_id: str) -> dict[str, Any]:
    return {
        "filename": obs_id,
        "what": "planned exposure",
        "state": "planned",
        "product": "",
        "evidence": "planned",
        "source": obs_id,
        "note": "",
    }


def _release(observation: Mapping[str, Any]) -> pd.Timestamp:
    days = pd.to_numeric(observation.get("t_obs_release"), errors="coerce")
    if days is None or pd.isna(days) or not 0 < days < 100_000:
        return pd.NaT
    return (_MJD + pd.Timedelta(days=float(days))).round("s")
