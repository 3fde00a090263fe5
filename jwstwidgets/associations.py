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
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from jwstwidgets.errors import AssociationError, JwstWidgetsError
from jwstwidgets.names import parse

if TYPE_CHECKING:
    from jwstwidgets.archive.protocol import Archive, Call

#: Types of members that once were spelt otherwise.
_SPELLINGS: Final = MappingProxyType({"target_acquistion": "target_acquisition"})
#: What stands for "nothing" in documents of different ages.
_NOTHING: Final = ("", "null", "NULL", "none", "None")


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
        """The pipeline stage it is for, 2 or 3; 0 if neither type nor product name tells."""
        if self.asn_type[-1:] in ("2", "3"):
            return int(self.asn_type[-1])
        # Before 2018 types had no number: `wfs`, `image`, `spec`.
        return {"exposure": 2, "level3": 3}.get(parse(self.products[0].name).kind, 0)

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


def fetch_association(archive: Archive, uri: str, *, call: Call | None = None) -> Association:
    """Read one association through an archive, by its `dataURI`.

    Raises
    ------
    ArchiveError
        The archive did not give it.
    AssociationError
        What it gave is no association.

    Examples
    --------
    >>> from jwstwidgets.archive import SampleArchive
    >>> name = "jw02733-o002_20220712t201523_image3_003_asn.json"
    >>> fetch_association(SampleArchive(), f"mast:JWST/product/{name}").asn_type
    'image3'
    """
    return read_association(archive.read(uri, call=call), name=uri.rpartition("/")[2])


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


def plain_name(path: str) -> str:
    """The file name at the end of a path; empty if there is none (``..``, say).

    >>> plain_name("../elsewhere/jw02733002001_02103_00001_mirimage_cal.fits")
    'jw02733002001_02103_00001_mirimage_cal.fits'
    """
    name = path.replace("\\", "/").rpartition("/")[2]
    return "" if name in (".", "..") else name


def _parse_json(text: str | bytes, name: str) -> Mapping[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f" at character {error.pos:,}" if isinstance(error, json.JSONDecodeError) else ""
        raise AssociationError(
            f"{name} is no JSON{where}: it may be truncated.",
            "Fetch it again; give a file as a pathlib.Path.",
        ) from error
    if not isinstance(document, Mapping):
        raise AssociationError(f"{name} is JSON, but no association.", "Fetch it again.")
    return document


def _association(document: Mapping[str, Any], name: str) -> Association:
    odd: Counter[str] = Counter()
    products = document.get("products")
    asn_type = _text(document, "asn_type").lower()
    if not isinstance(products, list) or not products or not asn_type:
        found = ", ".join(sorted(str(key) for key in document)[:12]) or "nothing"
        raise AssociationError(
            f"{name} is no association: it needs asn_type and products, and has {found}.",
            "Associations end in _asn.json.",
        )
    read = tuple(product for entry in products if (product := _product(entry, odd)) is not None)
    if not read:
        raise AssociationError(f"{name} names no product with members.", "Fetch it again.")
    return Association(
        name=name,
        asn_type=asn_type,
        products=read,
        rule=_text(document, "asn_rule"),
        program=_text(document, "program"),
        candidate=_text(document, "asn_id"),
        target=_text(document, "target"),
        pool=_text(document, "asn_pool"),
        version=_text(document, "version_id"),
        code_version=_text(document, "code_version"),
        degraded=_text(document, "degraded_status"),
        warnings=tuple(f"{name}: {_times(what, number)}" for what, number in odd.items()),
    )


def _times(what: str, number: int) -> str:
    return f"{what}." if number == 1 else f"{what} ({number:,} times)."


def _product(entry: object, odd: Counter[str]) -> AssociationProduct | None:
    if not isinstance(entry, Mapping) or not isinstance(entry.get("members"), list):
        odd["a product without members is left out"] += 1
        return None
    members = (_member(member, odd) for member in entry["members"])
    named = tuple(member for member in members if member is not None)
    if not named:
        odd["a product without members is left out"] += 1
        return None
    return AssociationProduct(_text(entry, "name"), named)


def _member(entry: object, odd: Counter[str]) -> Member | None:
    path = _text(entry, "expname") if isinstance(entry, Mapping) else ""
    expname = plain_name(path)
    if not isinstance(entry, Mapping) or not expname:
        odd["a member without a file name is left out"] += 1
        return None
    if expname != path:
        odd["a member is given as a path, of which only the file name is used"] += 1
    exptype = _text(entry, "exptype").lower()
    return Member(
        expname,
        _SPELLINGS.get(exptype, exptype) or "science",
        _text(entry, "exposerr"),
        _text(entry, "asn_candidate"),
    )


def _text(entry: Mapping[str, Any], key: str) -> str:
    """A value as text; what is neither text nor number, or stands for nothing, is empty."""
    value = entry.get(key)
    if not isinstance(value, str | int | float) or value in _NOTHING:
        return ""
    # Lone surrogates, which JSON can state, fit into no table.
    return str(value).encode("utf-8", errors="replace").decode("utf-8")
