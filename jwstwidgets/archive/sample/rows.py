"""Facts -> the rows CAOM would state for them. Knows no program.

One row is one (file, owner) pair: a level-3 observation lists its own files and, for each exposure
that made it, those of the exposure and the guide stars of its visit. A row is a Minimum
Recommended Product when its owner is the observation that was asked for and it is neither a
preview nor a guide star.

>>> product_table([]).shape
(0, 20)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import cos, radians
from typing import Any

import pandas as pd

from jwstwidgets.archive.sample.columns import OBSERVATION_COLUMNS, PRODUCT_COLUMNS, table
from jwstwidgets.archive.sample.facts import Exposure, Observation
from jwstwidgets.archive.sample.guide_stars import File
from jwstwidgets.archive.sample.kinds import kind_of

URI = "mast:JWST/product/"
MRP = "Minimum Recommended Products"


@dataclass(frozen=True)
class Owner:
    """The `obs_id` a file is listed under, with what its rows have in common."""

    obsid: str
    obs_id: str
    level3: bool
    product: str
    version: str
    filters: str
    files: tuple[File, ...]


def exposure_files(exposure: Exposure) -> Iterator[File]:
    """Files CAOM lists under an exposure, guide stars first."""
    association, run = exposure.association, exposure.association.delivery
    yield from exposure.guide_stars.files()
    if exposure.msa is not None:
        configuration, size = exposure.msa
        yield File(f"{exposure.visit}_{configuration}_msa.fits", "msa.fits", size)
    yield File(association.name, "asn.json", association.size)
    yield File(run.pool_name, "pool.csv", run.pool_size)
    for key, size in exposure.sizes.items():
        yield File(f"{exposure.name}_{key.replace('oNNN', run.candidate)}", key, size)


def observation_files(observation: Observation) -> Iterator[File]:
    """Files of the level-3 observation itself."""
    association = observation.association
    if association is None:
        return
    run = association.delivery
    yield File(association.name, "asn.json", association.size)
    yield File(run.pool_name, "pool.csv", run.pool_size)
    for key, size in observation.sizes.items():
        yield File(f"{observation.obs_id}_{key}", key, size)


def owners(observation: Observation) -> Iterator[Owner]:
    """The observation itself, where it has files, then each exposure listed under it."""
    if observation.association is not None:
        version = observation.association.delivery.version
        files = tuple(observation_files(observation))
        yield Owner(
            observation.obsid,
            observation.obs_id,
            True,
            observation.product,
            version,
            observation.filters,
            files,
        )
    for exposure in observation.exposures:
        yield exposure_owner(exposure, observation)


def exposure_owner(exposure: Exposure, observation: Observation) -> Owner:
    """The exposure as an owner of rows in this observation."""
    return Owner(
        exposure.obsid,
        exposure.name,
        False,
        exposure.product,
        exposure.association.delivery.version,
        exposure.filters or observation.filters,
        tuple(exposure_files(exposure)),
    )


def product_rows(
    observation: Observation, parent: str, listed: Sequence[Owner]
) -> Iterator[tuple[Any, ...]]:
    """Product rows of `parent` in the order of `PRODUCT_COLUMNS`: its owners' files."""
    program = str(observation.proposal.program)
    for owner in listed:
        for file in owner.files:
            kind = kind_of(file.kind)
            level = 3 if owner.level3 else kind.level
            recommended = (
                owner.obsid == parent
                and kind.product_type != "PREVIEW"
                and not file.kind.startswith("gs-")
            )
            yield (
                owner.obsid,
                "JWST",
                # CAOM types by level: raw data of a spectrum are still an image.
                "image" if level == 1 else owner.product,
                owner.obs_id,
                kind.description,
                "D" if owner.level3 else "S",
                URI + file.name,
                kind.product_type,
                MRP if recommended else None,
                kind.sub_group,
                None,
                "CALJWST",
                None if level == 1 else owner.version,
                program,
                file.name,
                file.size,
                parent,
                observation.rights,
                level,
                owner.filters,
            )


def product_table(rows: Sequence[tuple[Any, ...]]) -> pd.DataFrame:
    """Product rows as a table with the columns and types of `PRODUCT_COLUMNS`."""
    values = zip(*rows, strict=True) if rows else ((),) * len(PRODUCT_COLUMNS)
    return table(dict(zip(PRODUCT_COLUMNS, values, strict=True)), PRODUCT_COLUMNS)


def observation_table(observations: Sequence[Observation]) -> pd.DataFrame:
    """Observation rows as a table with the columns and types of `OBSERVATION_COLUMNS`."""
    rows = [_observation_row(observation) for observation in observations]
    values = {column: [row[column] for row in rows] for column in OBSERVATION_COLUMNS}
    return table(values, OBSERVATION_COLUMNS)


def _observation_row(observation: Observation) -> dict[str, Any]:
    proposal, target = observation.proposal, observation.target
    start, end = observation.exposed or (None, None)
    data, preview = (
        None if suffix is None else f"{URI}{observation.obs_id}_{suffix}"
        for suffix in observation.shown
    )
    return {
        "intentType": "science",
        "obs_collection": "JWST",
        "provenance_name": "APT" if observation.calib_level == -1 else "CALJWST",
        "instrument_name": observation.instrument,
        "project": "JWST",
        "filters": observation.filters,
        "wavelength_region": "INFRARED",
        "target_name": target.name,
        "target_classification": target.classification,
        "obs_id": observation.obs_id,
        "s_ra": target.ra,
        "s_dec": target.dec,
        "dataproduct_type": observation.product,
        "proposal_pi": proposal.pi,
        "calib_level": observation.calib_level,
        "t_min": start,
        "t_max": end,
        "t_exptime": observation.seconds,
        "em_min": observation.band[0],
        "em_max": observation.band[1],
        "obs_title": proposal.title,
        "t_obs_release": observation.release,
        "proposal_id": str(proposal.program),
        "proposal_type": proposal.category,
        "s_region": _footprint(observation),
        "jpegURL": preview,
        "dataURL": data,
        "dataRights": observation.rights,
        "mtFlag": False,
        "obsid": observation.obsid,
    }


def _footprint(observation: Observation) -> str:
    """A box around the target, north up: the real ones are turned."""
    target = observation.target
    half_dec = target.height / 120
    half_ra = target.width / 120 / cos(radians(target.dec))
    corners = ((1, -1), (1, 1), (-1, 1), (-1, -1))
    places = (f"{target.ra + x * half_ra:.7f} {target.dec + y * half_dec:.7f}" for x, y in corners)
    return f"POLYGON {' '.join(places)}"
