"""`SampleArchive`: the adapter that answers the archive protocol from facts, with no network.

It knows the protocol and how to ask the facts; rows are made in
:mod:`~jwstwidgets.archive.sample.rows`, documents in
:mod:`~jwstwidgets.archive.sample.associations`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from jwstwidgets.archive.protocol import Call, ProductBatch, Progress, Query
from jwstwidgets.archive.sample import associations, rows
from jwstwidgets.archive.sample.facts import Observation
from jwstwidgets.archive.sample.programs import OBSERVATIONS
from jwstwidgets.errors import ArchiveError, NotInArchive


class SampleArchive:
    """Seven kinds of observation, reconstructed: the default archive where none is given.

    It answers as MAST does: an exposure that a level-3 product absorbed is no observation in
    answers to `observations`, but its products can be listed by its own obsID, as they can in the
    list of the level-3 observation. Rights are stated, not enforced: nobody logs in to a sample.

    Attributes
    ----------
    label : str
        Says that this is a reconstruction; shown wherever the data are.

    Examples
    --------
    >>> from jwstwidgets.archive.protocol import Query
    >>> archive = SampleArchive()
    >>> found = archive.observations(Query(obs_id="jw02733*"))
    >>> batch = next(archive.products(found["obsid"]))
    >>> len(batch.rows), batch.rows["productFilename"].nunique()
    (3470, 605)

    The level-3 observations that list an exposure, and the exposure alone:

    >>> _, listed = archive.catalogue()
    >>> exposure = listed[listed["obs_id"] == "jw02733002001_02103_00001_mirimage"]
    >>> exposure["parent_obsid"].unique().tolist()
    ['87602450']
    >>> len(next(archive.products(exposure["obsID"].unique())).rows)
    222
    """

    label: str = "sample archive (reconstruction)"

    def __init__(self) -> None:
        self._tables: dict[str, pd.DataFrame] = {}

    def __repr__(self) -> str:
        return f"<SampleArchive: {self.label}, {len(OBSERVATIONS)} observations>"

    def observations(self, query: Query, *, call: Call | None = None) -> pd.DataFrame:
        """Observations that match: CAOM columns; no rows if none do.

        A cone is around the target's position; footprints, which are boxes here, play no part.

        Examples
        --------
        >>> from jwstwidgets.archive.protocol import Query
        >>> found = SampleArchive().observations(Query(ra=151.76, dec=-40.44, radius=0.1))
        >>> found["instrument_name"].tolist()
        ['MIRI/IMAGE']
        """
        if call is not None:
            call.check("The search in the sample archive")
        return rows.observation_table([o for o in OBSERVATIONS if _matches(o, query)])

    def products(
        self, obsids: Sequence[str], *, call: Call | None = None
    ) -> Iterator[ProductBatch]:
        """Product rows, one batch per observation, in the order asked.

        Yields
        ------
        ProductBatch
            With CAOM's product columns; a planned observation has no rows; an obsID that is not
            in the sample has an error in their place.
        """
        call = call or Call()
        asked = [obsids] if isinstance(obsids, str) else [str(obsid) for obsid in obsids]
        for done, obsid in enumerate(asked, start=1):
            call.check(f"The product list of observation {obsid}")
            batch = self._batch(obsid)
            call.progress(Progress(done, len(asked), "observations"))
            yield batch

    def read(self, uri: str, *, call: Call | None = None) -> bytes:
        """One association document; the sample holds no other file's content.

        Parameters
        ----------
        uri : str
            The `dataURI` of a row, or the file name alone.

        Raises
        ------
        NotInArchive
            The file is no association, or not in the sample.

        Examples
        --------
        >>> import json
        >>> from jwstwidgets.archive.sample.programs import OBSERVATIONS
        >>> document = json.loads(SampleArchive().read(OBSERVATIONS[0].association.name))
        >>> document["asn_type"], document["constraints"][:14]
        ('image3', 'Reconstruction')
        """
        if call is not None:
            call.check(f"The reading of {uri}")
        name = uri.removeprefix(rows.URI)
        for association, document in associations.documents(OBSERVATIONS):
            if association.name == name:
                return associations.encoded(document, association.size)
        raise NotInArchive(
            f"The sample archive has no content for {name!r}: it is a reconstruction of product "
            "lists and associations, without data.",
            "Read it from MAST instead.",
        )

    def catalogue(self) -> tuple[pd.DataFrame, pd.DataFrame]:
        """All observation rows, and all product rows of all of them, not deduplicated."""
        tables = [self._batch(observation.obsid).rows for observation in OBSERVATIONS]
        # Without the empty ones: pandas 2 warns that it will stop ignoring their types.
        listed = pd.concat([t for t in tables if len(t)], ignore_index=True)
        return rows.observation_table(OBSERVATIONS), listed

    def _batch(self, obsid: str) -> ProductBatch:
        if obsid not in self._tables:
            try:
                self._tables[obsid] = _product_table(obsid)
            except ArchiveError as error:
                return ProductBatch((obsid,), rows.product_table([]), error)
        # A copy: what a caller does to its rows must not come back in the next answer.
        return ProductBatch((obsid,), self._tables[obsid].copy())


def _product_table(obsid: str) -> pd.DataFrame:
    """The product list of an observation, or of an exposure asked for by its own obsID."""
    for observation in OBSERVATIONS:
        if observation.obsid == obsid:
            listed = list(rows.owners(observation))
            return rows.product_table(list(rows.product_rows(observation, obsid, listed)))
    for observation in OBSERVATIONS:
        listed = [owner for owner in rows.owners(observation) if owner.obsid == obsid]
        if listed:
            return rows.product_table(list(rows.product_rows(observation, obsid, listed)))
    raise NotInArchive(
        f"Observation {obsid!r} is not in the sample archive.",
        "Ask observations() for those that are, or ask MAST.",
    )


def _matches(observation: Observation, query: Query) -> bool:
    """Whether all conditions given in the query hold."""
    return (
        (not query.obs_id or _like(query.obs_id, observation.obs_id))
        and (query.program is None or int(query.program) == observation.proposal.program)
        and (not query.target or _like(query.target, observation.target.name))
        and (not query.instrument or _of_instrument(query.instrument, observation.instrument))
        and _within(query, observation)
    )


def _like(pattern: str, value: str) -> bool:
    """Whether a value fits a pattern with ``*`` as the only wildcard, in any case."""
    expression = ".*".join(re.escape(part) for part in pattern.strip().split("*"))
    return re.fullmatch(expression, value, re.IGNORECASE) is not None


def _of_instrument(asked: str, mode: str) -> bool:
    """Whether a mode (``MIRI/IMAGE``) is the one asked for, or one of the instrument asked for."""
    asked = asked.strip().upper()
    return mode == asked or mode.startswith(f"{asked}/")


def _within(query: Query, observation: Observation) -> bool:
    """Whether the target lies in the cone, if there is one; great circle by haversine."""
    if query.ra is None or query.dec is None:
        return True
    ra, dec, ra0, dec0 = np.radians(
        [observation.target.ra, observation.target.dec, query.ra, query.dec]
    )
    # Unlike the arc cosine of the dot product, this stays exact for small angles.
    square = np.sin((dec - dec0) / 2) ** 2
    square += np.cos(dec) * np.cos(dec0) * np.sin((ra - ra0) / 2) ** 2
    separation = 2 * np.arcsin(np.sqrt(min(1.0, float(square))))
    return bool(np.degrees(separation) <= query.radius)
