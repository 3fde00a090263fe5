"""What each file is: stage, role, rights, size; from the archive's columns and from its name.

Turns one archive row per unique file into the `files` half of a product table. Where archive and
name both speak, the archive wins; where the archive is silent (Missions), the name decides.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from jwstwidgets.columns import Coded
from jwstwidgets.schema import CAOM_URI, Dialect
from jwstwidgets.vocabulary import (
    INSTRUMENTS,
    ROLES,
    STAGES,
    SUFFIXES,
    describe,
    detector_of_aperture,
    instrument_of,
)

_PREVIEW_EXTENSIONS = ("jpg", "jpeg", "png", "gif")
_CALIB_LEVEL = {"1b": 1, "2a": 2, "2b": 2, "2c": 2, "3": 3}


def describe_files(
    unique: pd.DataFrame, names: pd.DataFrame, filename: npt.NDArray[Any], dialect: Dialect
) -> pd.DataFrame:
    """The `files` table (without `mrp`) of these rows, one per unique file.

    Parameters
    ----------
    unique : DataFrame
        n archive rows, one per file.
    names : DataFrame
        Their names, read; n rows.
    """

    def column(which: str) -> Coded:
        name = getattr(dialect, which)
        if name and name in unique:
            return Coded.of(unique[name])
        return Coded(np.full(len(unique), -1, np.int32), np.empty(0, object))

    product_type, subgroup, category = (
        column("product_type"),
        column("subgroup"),
        column("category"),
    )
    role = _roles(names, product_type, subgroup, category)
    stage = _stages(names, category)
    files = pd.DataFrame(
        {
            "filename": filename,
            "uri": _uris(unique, filename, role, dialect),
            "stage": pd.Categorical(stage, categories=list(STAGES)),
            "role": pd.Categorical(role, categories=list(ROLES)),
            "rights": column("rights").to_categorical(),
            "size": _sizes(unique[dialect.size]),
            "calib_level": _calib_levels(unique, stage, dialect),
            "description": column("description").to_categorical(),
            "product_type": product_type.to_categorical(),
            "subgroup": subgroup.to_categorical(),
            "instrument": _instruments(names),
            "detector": _detectors(names, column("aperture")),
        }
    )
    kept = unique[[c for c in unique.columns if c not in dialect.known]]
    ours = {*files.columns, "mrp", "owners"}
    kept = kept.rename(columns={c: f"archive_{c}" for c in kept.columns if c in ours})
    return pd.concat([files, kept], axis=1)


def _roles(
    names: pd.DataFrame, product_type: Coded, subgroup: Coded, category: Coded
) -> npt.NDArray[Any]:
    kind = names["kind"]
    guide = np.array([value.startswith("GS-") for value in subgroup.values] + [False], dtype=bool)
    auxiliary = names["suffix"].isin([s for s, d in SUFFIXES.items() if d.auxiliary]).to_numpy()
    unstated = product_type.codes < 0 if not len(category.values) else category.codes >= 0
    # In order: the first that holds decides.
    rules = [
        ("reference", kind.isin(["reference", "context"]) | category.equals("REFERENCE")),
        ("preview", product_type.equals("PREVIEW") | names["extension"].isin(_PREVIEW_EXTENSIONS)),
        (
            "guide-star",
            (kind == "guide-star") | guide[subgroup.codes] | category.equals("GUIDESTAR"),
        ),
        ("pool", (kind == "pool") | subgroup.equals("POOL")),
        ("association", (kind == "association") | subgroup.equals("ASN")),
        ("auxiliary", product_type.equals("AUXILIARY", "INFO") | (unstated & auxiliary)),
        ("science", product_type.equals("SCIENCE", "science") | (kind != "unknown")),
    ]
    holds = [np.asarray(holding, dtype=bool) for _, holding in rules]
    return np.asarray(np.select(holds, [role for role, _ in rules], default="auxiliary"))


def _stages(names: pd.DataFrame, category: Coded) -> npt.NDArray[Any]:
    """Stage by kind and suffix, or as the archive states it; None where there is no such thing."""
    stated = Coded(np.arange(len(category.values), dtype=np.int32), category.values).equals(*STAGES)
    kind, suffix = names["kind"].cat, names["suffix"].cat
    # 2c is what an exposure gave for one association candidate.
    flagged = ((names["kind"] == "exposure") & names["candidate"].notna()).to_numpy()
    key = (kind.codes.to_numpy(dtype=np.int64) * (len(suffix.categories) + 1) + suffix.codes) * 2
    _, first, at = np.unique(key + flagged, return_index=True, return_inverse=True)
    kinds, suffixes = (names[c].iloc[first].astype(object) for c in ("kind", "suffix"))
    stage = map(_stage_of, kinds, suffixes, flagged[first])
    stages = np.array([*stage, None], dtype=object)[at]
    by_archive = stated[category.codes] & (category.codes >= 0) if stated.any() else stated[:0]
    if len(by_archive):
        stages[by_archive] = category.values[category.codes[by_archive]]
    return np.asarray(stages)


def _stage_of(kind: str, suffix: object, has_candidate: bool) -> str | None:
    if kind in ("association", "pool", "msa", "reference", "context", "unknown", "planned"):
        return None
    if has_candidate:
        return "2c"
    return describe(suffix if isinstance(suffix, str) else "", kind).stage or None


def _uris(
    unique: pd.DataFrame, filename: npt.NDArray[Any], role: npt.NDArray[Any], dialect: Dialect
) -> npt.NDArray[Any]:
    uris = Coded.of(unique[dialect.uri]).to_text()
    # In Missions the same files have their CAOM URI too; only references are known there alone.
    construct = role != "reference" if dialect.name == "missions" else uris == ""
    uris[construct] = CAOM_URI + filename[construct]
    return uris


def _sizes(column: pd.Series[Any]) -> Any:
    """Bytes as Int64; anything that is not a whole number of bytes is not stated."""
    return _whole_numbers(column, 0, 2**62, np.int64)


def _whole_numbers(column: pd.Series[Any], low: int, high: int, dtype: Any) -> Any:
    """A nullable integer column; what is no whole number within `low` and `high` is missing."""
    if column.dtype == object:  # of mixed types: text, numbers, numpy's masked constant
        column = pd.Series(Coded.of(column).to_text())
    numbers = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    stated = (numbers >= low) & (numbers <= high) & (numbers == np.floor(numbers))
    return pd.arrays.IntegerArray(np.where(stated, numbers, 0).astype(dtype), ~stated)


def _calib_levels(unique: pd.DataFrame, stage: npt.NDArray[Any], dialect: Dialect) -> Any:
    if dialect.calib_level and dialect.calib_level in unique:
        return _whole_numbers(unique[dialect.calib_level], -1, 9, np.int8)
    return pd.array([_CALIB_LEVEL.get(s) for s in stage], dtype="Int8")


def _detectors(names: pd.DataFrame, aperture: Coded) -> pd.Categorical:
    """Detector in the name, or the one whose row this is (references, associations: Missions)."""
    named = Coded.of(names["detector"])
    stated = aperture.translate({a: detector_of_aperture(a) for a in aperture.values}).to_text()
    values = np.where(named.codes < 0, stated, named.to_text())
    return Coded.of(values).to_categorical()


def _instruments(names: pd.DataFrame) -> pd.Categorical:
    detector = Coded.of(names["detector"])
    from_detector = detector.translate({d: instrument_of(d) for d in detector.values}).to_text()
    stated = Coded.of(names["instrument"]).to_text()
    values = np.where(from_detector == "", stated, from_detector)
    # What is no instrument, "" among them, is missing in a categorical of instruments.
    return pd.Categorical.from_codes(
        pd.Index(INSTRUMENTS).get_indexer(values), categories=list(INSTRUMENTS)
    )
