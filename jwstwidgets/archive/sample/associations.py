"""Association documents of the sample, made from the same facts as its rows. No pandas.

The schema is that of the documents the archive delivers; the constraints, which only the
pipeline's own rules can state, say instead that the document is a reconstruction. A document is
padded with blanks to the size its row states, so that a download of it is as long as promised.

>>> from jwstwidgets.archive.sample.programs import OBSERVATIONS
>>> document = level3_document(OBSERVATIONS[0])
>>> document["products"][0]["name"], len(document["products"][0]["members"])
('jw02733-o002_t001_miri_f1130w', 16)
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from jwstwidgets.archive.sample.facts import Association, Exposure, Observation

NOTE = "Reconstruction by jwstwidgets from names and facts, not the archive's document."

# Kind of association: the pipeline's rule, and the suffix of its science members.
RULES = {
    "image2": ("candidate_Asn_Lv2Image", "rate"),
    "spec2": ("candidate_Asn_Lv2NRSMSA", "rate"),
    "tso-spec2": ("candidate_Asn_Lv2SpecTSO", "rateints"),
    "image3": ("candidate_Asn_Lv3Image", "cal"),
    "spec3": ("candidate_Asn_Lv3SpectralSource", "cal"),
    "tso3": ("candidate_Asn_Lv3TSO", "calints"),
}


def documents(observations: Iterable[Observation]) -> Iterator[tuple[Association, dict[str, Any]]]:
    """Every association of these observations with its document; one shared by two comes twice."""
    for observation in observations:
        if observation.association is not None:
            yield observation.association, level3_document(observation)
        for exposure in observation.exposures:
            yield exposure.association, level2_document(exposure)


def level2_document(exposure: Exposure) -> dict[str, Any]:
    """The association that made stage 2 of one exposure, with its nod backgrounds."""
    association = exposure.association
    rule, suffix = RULES[association.kind]
    # A target acquisition is calibrated like science, by a rule of its own.
    if exposure.role != "science":
        rule += "NonScience"
    members = [_member(exposure.name, suffix, "science")]
    members += [_member(name, suffix, "background") for name in exposure.background]
    target = str(association.delivery.target)
    return _document(association, rule, target, exposure.name, members)


def level3_document(observation: Observation) -> dict[str, Any]:
    """The association that made a level-3 observation: its science and acquisition exposures."""
    association = observation.association
    if association is None:
        raise ValueError(f"{observation.obs_id} is not level 3: no level-3 association made it.")
    rule, suffix = RULES[association.kind]
    candidate = f"('{association.delivery.candidate}', 'observation')"
    members = [
        {
            **_member(e.name, suffix if e.role == "science" else "cal", e.role),
            "asn_candidate": candidate,
        }
        for e in observation.exposures
    ]
    name = observation.asn_product or observation.obs_id
    target = f"t{association.delivery.target:03d}"
    return _document(association, rule, target, name, members)


def encoded(document: dict[str, Any], size: int) -> bytes:
    r"""The document as JSON of `size` bytes: as much indented as fits, then blanks.

    Raises
    ------
    ValueError
        It does not fit.

    >>> encoded({"asn_type": "image2"}, 30)
    b'{\n    "asn_type": "image2"\n}  '
    """
    for indent in (4, 1, 0, None):
        body = json.dumps(document, indent=indent).encode("ascii")
        if len(body) <= size:
            return body.ljust(size)
    raise ValueError(f"The document of {len(body)} bytes does not fit into {size}.")


def _member(stem: str, suffix: str, role: str) -> dict[str, str]:
    return {"expname": f"{stem}_{suffix}.fits", "exptype": role, "exposerr": "null"}


def _document(
    association: Association, rule: str, target: str, product: str, members: list[dict[str, str]]
) -> dict[str, Any]:
    run = association.delivery
    return {
        "asn_type": association.kind,
        "asn_rule": rule,
        "version_id": run.stamp,
        "code_version": run.version,
        "degraded_status": "No known degraded exposures in association.",
        "program": f"{run.program:05d}",
        "constraints": NOTE,
        "asn_id": run.candidate,
        "target": target,
        "asn_pool": run.pool_name,
        "products": [{"name": product, "members": members}],
    }
