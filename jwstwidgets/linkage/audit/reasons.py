"""Why there is no level-3 product: only what documents, pool and list show; else "not known".

The causes are those that the archive's documentation gives: a kind of exposure of which none is
made, planned exposures that were not executed, an exposure that failed or was skipped; and, told
apart from these, that inputs are not archived, and that all inputs are there and it is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from jwstwidgets.exposure_types import EXPOSURE_TYPES, KINDS, no_level3
from jwstwidgets.linkage.audit.table import is_failure

if TYPE_CHECKING:
    from jwstwidgets.linkage.audit.holdings import Holdings
    from jwstwidgets.linkage.audit.scope import Scope

#: Association rules (jwst, `asn_rule`) for exposures of which no level-3 product is made.
_RULES: Final = (
    ("nonscience", "a calibration or acquisition exposure"),
    ("lamp", "a lamp exposure"),
)


@dataclass(frozen=True)
class Reason:
    """Why there is no level-3 product.

    Attributes
    ----------
    cause : str
        ``present`` (there is one), ``kind``, ``not executed``, ``failed``, ``inputs missing``,
        ``not there`` (though everything is) or ``unknown``.
    sentence : str
        The same in words, with what shows it; empty if there is one.
    """

    cause: str
    sentence: str = ""


def why_no_level3(
    scope: Scope, holdings: Holdings, table: pd.DataFrame, observation: Mapping[str, Any]
) -> Reason:
    """The reason, from the rows of an audit's table (`filename`, `what`, `state`, ...)."""
    if len(scope.level3):
        return Reason("present")
    return (
        _not_executed(table, observation)
        or _by_kind(scope, holdings, observation)
        or _failed(table)
        or _partly_executed(table)
        or _inputs(scope, table)
        or Reason("unknown", _what_is_known(scope, table))
    )


def _not_executed(table: pd.DataFrame, observation: Mapping[str, Any]) -> Reason | None:
    planned = len(table) > 0 and (table["state"] == "planned").all()
    if planned or pd.to_numeric(observation.get("calib_level"), errors="coerce") == -1:
        return Reason("not executed", "It is planned and was not executed yet.")
    return None


def _by_kind(scope: Scope, holdings: Holdings, observation: Mapping[str, Any]) -> Reason | None:
    """All exposures are of kinds of which none is made."""
    kinds, source = _kinds(scope, holdings, observation)
    if not kinds or "" in kinds:
        return None
    distinct = list(dict.fromkeys(kinds))
    if len(distinct) == 1 and len(kinds) > 1:
        plural = dict(KINDS.values())
        what = f"its {len(kinds)} exposures are all {plural.get(distinct[0], distinct[0])}"
    elif len(kinds) == 1:
        what = f"it is {distinct[0]}"
    else:
        what = f"its exposures are {listed(distinct)}"
    return Reason("kind", f"No level-3 product is made of this kind: {what} ({source}).")


def _kinds(
    scope: Scope, holdings: Holdings, observation: Mapping[str, Any]
) -> tuple[list[str], str]:
    """What each exposure is if none is made of its kind, else ""; and who says so."""
    rows = scope.pool.to_dict("records")
    if rows and all(row["exp_type"] in EXPOSURE_TYPES for row in rows if _is(row["exp_type"])):
        return [no_level3(row) for row in rows], "EXP_TYPE in the pool"
    exp_type = observation.get("exp_type")
    if _is(exp_type):
        row = {**observation, "exp_type": str(exp_type)}
        return [no_level3(row)], "EXP_TYPE of the observation"
    names = holdings.linkage.table.names.iloc[scope.files]
    exposures = set(names["root"][names["kind"] == "exposure"])
    darks = set(names["root"][(names["suffix"] == "dark").to_numpy(dtype=bool)])
    if exposures and exposures == darks:
        return [KINDS["dark"][0]] * len(darks), "it was processed as a dark"
    makings = [making for making in scope.makings if making[0].stage == 2]
    if makings and len(makings) == len(scope.makings):
        by_rule = [_kind_by_rule(association.rule) for association, _ in makings]
        return by_rule, "the rule of its association"
    return [], ""


def _kind_by_rule(rule: str) -> str:
    return next((kind for part, kind in _RULES if part in rule.lower()), "")


def _failed(table: pd.DataFrame) -> Reason | None:
    stated = table["evidence"].isin(["pool", "association"])
    marked = table[stated & table["note"].map(is_failure).astype(bool)]
    if not len(marked):
        return None
    first = marked.iloc[0]
    more = f" and {len(marked) - 1} more" if len(marked) > 1 else ""
    return Reason(
        "failed",
        f"An exposure failed or was skipped: {first['filename']}{more} "
        f"({first['note']}; {first['source']}).",
    )


def _partly_executed(table: pd.DataFrame) -> Reason | None:
    planned = int((table["state"] == "planned").sum())
    if not planned:
        return None
    return Reason(
        "not executed",
        f"Not all planned exposures were executed: {planned} "
        f"{'is' if planned == 1 else 'are'} still planned.",
    )


def _inputs(scope: Scope, table: pd.DataFrame) -> Reason | None:
    documents = [association for association, _ in scope.makings if association.stage == 3]
    if not documents:
        return None
    inputs = table[(table["evidence"] == "association") & (table["what"] != "product")]
    missing = inputs[inputs["state"].isin(["missing", "failed"])]
    if len(missing):
        return Reason(
            "inputs missing",
            f"{len(missing)} of the {len(inputs)} files that its association names "
            f"{'is' if len(missing) == 1 else 'are'} not archived: "
            f"{listed(missing['filename'].tolist())}.",
        )
    return Reason(
        "not there",
        f"Everything that {documents[0].name} names is archived, but the product is not: why, "
        "nothing here says.",
    )


def _what_is_known(scope: Scope, table: pd.DataFrame) -> str:
    if len(scope.pool):
        alone = "no level-3 association has been read"
        raw = table[table["what"] == "raw data"]
        if len(raw) and raw["state"].isin(["archived", "exclusive"]).all():
            return f"Why is not known: the raw data of all exposures are archived, and {alone}."
        return f"Why is not known: {alone}."
    return "Why is not known: no pool and no level-3 association has been read."


def listed(names: Iterable[str], most: int = 3) -> str:
    """Names in a sentence: the first few, and how many more."""
    names = list(names)
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most:,} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _is(value: Any) -> bool:
    return value is not None and not pd.isna(value) and str(value) not in ("", "--")
