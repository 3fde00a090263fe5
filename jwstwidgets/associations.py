"""Association documents: what the archive states was processed together.

An association (``_asn.json``) names products and the members each is made from. This module reads
the documents; what they mean for the linkage is in `jwstwidgets.linkage.stated`. Documents come
from the archive and are not trusted: one that cannot be read is an error that names it, an oddity
within one is a warning that names it, and the rest goes on.

Source of the format: JWST pipeline documentation, "Associations", and its JSON schema.

>>> document = {"asn_type": "image3", "asn_id": "o002", "program": "02733", "products": [
...     {"name": "jw02733-o002_t001_miri_f1130w", "members": [
...         {"expname": "jw02733002001_02103_00001_mirimage_cal.fits", "exptype": "science"}]}]}
>>> association = read_association(document, name="jw02733-o002_image3_00001_asn.json")
>>> association.stage, association.products[0].members[0].exptype
(3, 'science')
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from jwstwidgets.errors import AssociationError, JwstWidgetsError

#: Types of members that once were spelt otherwise.
_SPELLINGS: Final = MappingProxyType({"target_acquistion": "target_acquisition"})
#: What stands for "nothing" in documents of different ages.
_NOTHING: Final = ("", "null", "none", "None", None)


@dataclass(frozen=True, slots=True)
class Member:
    """One file that a product is made from.

    Attributes
    ----------
    expname : str
        Its file name; never a path.
    exptype : str
        Its part: ``science``, ``background``, ``psf``, ``imprint``, ``leakcal``, ``sourcecat``,
        ``segmap``, ``direct_image``, ``target_acquisition``, ``autoflat``, …
    exposerr : str
        What went wrong with the exposure; empty if nothing did.
    asn_candidate : str
        The candidate it was taken in for, as the document writes it.
    """

    expname: str
    exptype: str
    exposerr: str = ""
    asn_candidate: str = ""


@dataclass(frozen=True, slots=True)
class AssociationProduct:
    """A product and its members; the name may be a template (``{source_id}``, ``{suffix}``)."""

    name: str
    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class Association:
    """One association document.

    Attributes
    ----------
    name : str
        File name of the document.
    asn_type, rule : str
        Type, e.g. ``image3``, and the rule that made it.
    program, candidate, target, pool : str
        As stated; the pool by its file name.
    version, code_version, degraded : str
        Generation (its time stamp), version of the generator, and known defects of members.
    products : tuple of AssociationProduct
        At least one.
    warnings : tuple of str
        What was odd, in sentences that name the document.
    """

    name: str
    asn_type: str
    products: tuple[AssociationProduct, ...]
    rule: str = ""
    program: str = ""
    candidate: str = ""
    target: str = ""
    pool: str = ""
    version: str = ""
    code_version: str = ""
    degraded: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def stage(self) -> int:
        """The pipeline stage it is for, 2 or 3; 0 if its type does not tell."""
        return int(self.asn_type[-1]) if self.asn_type[-1:] in ("2", "3") else 0

    @property
    def members(self) -> Iterator[Member]:
        """The members of all products."""
        return (member for product in self.products for member in product.members)


def read_association(
    source: str | bytes | Path | Mapping[str, Any], *, name: str = ""
) -> Association:
    """Read one association.

    Parameters
    ----------
    source : Path, str, bytes or mapping
        A file, the text of a document, or the document as JSON was read.
    name : str
        File name of the document; that of the file if `source` is one.

    Raises
    ------
    AssociationError
        It cannot be read, is no JSON (truncated, say), or is not an association.
    """
    if isinstance(source, Path):
        name = name or source.name
        try:
            source = source.read_bytes()
        except OSError as error:
            raise AssociationError(f"{name} cannot be read: {error.strerror}.") from error
    name = name or "the association"
    document = source if isinstance(source, Mapping) else _parse_json(source, name)
    return _association(document, name)


def read_associations(
    sources: Iterable[tuple[str, str | bytes | Path | Mapping[str, Any]]],
) -> tuple[list[Association], list[str]]:
    """Read several; what cannot be read becomes a problem, and the rest goes on.

    Parameters
    ----------
    sources : iterable of (name, source)
        See `read_association`.

    Returns
    -------
    associations : list of Association
    problems : list of str
        Errors and warnings, in sentences.
    """
    associations: list[Association] = []
    problems: list[str] = []
    for name, source in sources:
        try:
            association = read_association(source, name=name)
        except JwstWidgetsError as error:
            problems.append(str(error))
            continue
        associations.append(association)
        problems.extend(association.warnings)
    return associations, problems


def _parse_json(text: str | bytes, name: str) -> Mapping[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f" at character {error.pos:,}" if isinstance(error, json.JSONDecodeError) else ""
        raise AssociationError(
            f"{name} is no JSON{where}: it may be truncated.", "Fetch it again."
        ) from error
    if not isinstance(document, Mapping):
        raise AssociationError(f"{name} is JSON, but no association.", "Fetch it again.")
    return document


def _association(document: Mapping[str, Any], name: str) -> Association:
    warnings: list[str] = []
    products = document.get("products")
    if not isinstance(products, list) or not products or "asn_type" not in document:
        found = ", ".join(sorted(map(str, document))[:12]) or "nothing"
        raise AssociationError(
            f"{name} is no association: it needs asn_type and products, and has {found}.",
            "Associations end in _asn.json.",
        )
    read = tuple(
        product for entry in products if (product := _product(entry, name, warnings)) is not None
    )
    if not read:
        raise AssociationError(f"{name} names no product with members.")
    return Association(
        name=name,
        asn_type=_text(document, "asn_type").lower(),
        products=read,
        rule=_text(document, "asn_rule"),
        program=_text(document, "program"),
        candidate=_text(document, "asn_id"),
        target=_text(document, "target"),
        pool=_text(document, "asn_pool"),
        version=_text(document, "version_id"),
        code_version=_text(document, "code_version"),
        degraded=_text(document, "degraded_status"),
        warnings=tuple(warnings),
    )


def _product(entry: object, name: str, warnings: list[str]) -> AssociationProduct | None:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("members"), list):
        warnings.append(f"{name}: a product without members is left out.")
        return None
    members = (_member(member, name, warnings) for member in entry["members"])
    return AssociationProduct(
        _text(entry, "name"), tuple(member for member in members if member is not None)
    )


def _member(entry: object, name: str, warnings: list[str]) -> Member | None:
    if not isinstance(entry, Mapping) or not _text(entry, "expname"):
        warnings.append(f"{name}: a member without a name is left out.")
        return None
    path = _text(entry, "expname")
    expname = path.replace("\\", "/").rpartition("/")[2]
    if expname != path:
        warnings.append(f"{name}: the member {path!r} is a path; only {expname!r} is used.")
    if not expname:
        return None
    exptype = _text(entry, "exptype").lower()
    return Member(
        expname,
        _SPELLINGS.get(exptype, exptype) or "science",
        _text(entry, "exposerr"),
        _text(entry, "asn_candidate"),
    )


def _text(entry: Mapping[str, Any], key: str) -> str:
    value = entry.get(key)
    return "" if value in _NOTHING else str(value)
