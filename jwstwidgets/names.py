"""The grammar of JWST file names: one place, for one name and for a column of 300,000.

Knows the rules of the JWST file naming conventions (JWST pipeline documentation, "File Naming
Conventions and Data Products") and nothing of archives, tables or widgets. No other module takes
a name apart.

- :data:`GRAMMAR` is the whole of it: a line per form that a name can have. Both the patterns that
  read names and ``str(name)`` that writes them are made from these lines.
- :func:`parse` reads one name into a :class:`Name`; :func:`parse_many` a column of names into a
  DataFrame of the same fields. They run the same patterns, so they cannot disagree.
- A name the grammar does not know is kept whole, ``kind="unknown"``: nothing here raises.

Fields are text exactly as in the name (program ``"02733"``, as in the FITS keyword PROGRAM),
because leading zeros count and activities are base 36.

>>> name = parse("jw02733002001_02103_00001_mirimage_o002_crf.fits")
>>> name.kind, name.program, name.candidate, name.suffix
('exposure', '02733', 'o002', 'crf')
>>> str(name)
'jw02733002001_02103_00001_mirimage_o002_crf.fits'
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from jwstwidgets.forms import Form

if TYPE_CHECKING:
    import pandas as pd

UNKNOWN = "unknown"

#: What each field may look like. Only what Python's `re` and RE2 (pyarrow) read the same way: no
#: look-around, no back-references, ASCII classes spelt out (Python's \d takes other scripts' too).
FIELD_PATTERNS: dict[str, str] = {
    "program": "[0-9]{5}",
    "observation": "[0-9]{3}",
    "visit": "[0-9]{3}",
    "group": "[0-9]{2}",
    "sequence": "[0-9]",
    "activity": "[0-9a-z]{2}",
    "exposure": "[0-9]{5}",
    "segment": "[0-9]{3}",
    "detector": "nrc[ab](?:[1-5]|long)|nrs[12]|nis|guider[12]|mirimage|mirifu(?:long|short)",
    "candidate": "[oca][0-9]{3,4}",
    "target": "t[0-9]{3}",
    "source": r"[sbv][0-9]{5,9}|\{source_id\}|\{slit_name\}",
    "epoch": "[0-9]+",
    "instrument": "nircam|nirspec|niriss|miri|fgs",
    "optical": "[a-z0-9-]+",
    "suffix": r"[a-z0-9]*[a-z][a-z0-9]*(?:-[a-z]+)*|\{suffix\}",
    "counter": "[0-9][0-9a-z]{1,4}",
    "thumb": "_thumb",
    "extension": "[a-z0-9]+",
    "timestamp": "[0-9]{8}[tT][0-9]{6}",
    "asn_type": "[a-z]+(?:-[a-z]+)*[0-9]?",
    "mode": "acq1|acq2|track|fg|id",
    "time": "[0-9]{13}",
    "attempt": "[0-9]{1,2}",
    "image": "image|stacked",
    "reftype": "(?:system_)?[a-z0-9-]+",
    "version": "[0-9]{4}",
}

_VISIT = "jw{program}{observation}{visit}"
_TAIL = "{suffix}[-{counter}][{thumb}]"
_TARGET = "(root:jw{program}-{candidate}_{target}[-epoch{epoch}]_{instrument}[_{optical}])"
_SOURCE = "(root:jw{program}-{candidate}_{source}[-epoch{epoch}]_{instrument}[_{optical}])"

#: (kind, form), tried in this order; the first that fits the whole name wins. ``{field}`` stands
#: for a field, ``[...]`` for what may be missing, ``(name:...)`` for a part that is a field as a
#: whole. A product comes before the observation id that it starts with.
GRAMMAR: tuple[tuple[str, str], ...] = (
    (
        "guide-star",
        f"(root:{_VISIT}_gs-{{mode}}_{{time}}[-seg{{segment}}])_{_TAIL}[.{{extension}}]",
    ),
    ("guide-star", f"(root:{_VISIT}_gs-{{mode}}_{{attempt}}[_{{image}}])_{_TAIL}[.{{extension}}]"),
    (
        "exposure",
        f"(root:(dataset:{_VISIT}_{{group}}{{sequence}}{{activity}}_{{exposure}})"
        f"[-seg{{segment}}][_{{detector}}])[_{{candidate}}][_{_TAIL}][.{{extension}}]",
    ),
    ("level3", f"{_TARGET}_{_TAIL}.{{extension}}"),
    ("level3", f"{_SOURCE}_{_TAIL}.{{extension}}"),
    ("level3", f"{_TARGET}[_{_TAIL}]"),
    ("level3", f"{_SOURCE}[_{_TAIL}]"),
    (
        "association",
        "jw{program}-{candidate}[_{timestamp}]_{asn_type}[_{counter}]_(suffix:asn)[.{extension}]",
    ),
    ("pool", "jw{program}[_{timestamp}]_(suffix:pool)[.{extension}]"),
    ("msa", f"{_VISIT}_{{counter}}_(suffix:msa)[.{{extension}}]"),
    (
        "planned",
        f"(root:{_VISIT}_(group:xx){{sequence}}{{activity}}_{{exposure}}[_{{instrument}}])",
    ),
    ("context", "jwst_{version}.(extension:pmap)"),
    ("reference", "jwst_[{instrument}_][{reftype}_]{version}.{extension}"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Name:
    """One file name or observation id, read. Fields that a kind does not have are ``None``.

    Attributes
    ----------
    raw : str
        The name as it was given.
    kind : str
        ``exposure``, ``level3``, ``guide-star``, ``association``, ``pool``, ``msa``, ``planned``,
        ``reference``, ``context`` or ``unknown``.
    root : str
        The part that all products of one exposure and detector, one level-3 product or one
        guide-star activity share; for the first two, the `obs_id` of CAOM.
    dataset : str
        Exposure without segment and detector; `fileSetName` of the Missions archive.
    program, observation, visit : str
        5, 3 and 3 digits.
    group, sequence, activity, exposure : str
        Visit file group, parallel sequence (1 is prime), activity (base 36), exposure number.
    segment : str
        Segment of a time series, 3 digits.
    detector, instrument, optical : str
        Lower case as in the name; `optical` joins the optical elements with ``-``.
    candidate : str
        Association candidate: ``o###`` observation, ``c1###`` across observations, ``a3###`` found
        by the pipeline.
    target, epoch, source : str
        ``t###``; its epoch; or ``s…`` source, ``b…`` background, ``v…`` virtual slit.
    suffix, counter, thumb, extension : str
        Product suffix; number of an association, a WFS&C product or an MSA file; ``_thumb``;
        file extension without the dot.
    timestamp : str
        Generation of an association or pool, ``yyyymmddthhmmss`` UTC.
    asn_type : str
        Association type, e.g. ``image3``.
    mode, time, attempt, image : str
        Guide-star activity: ``acq1``, ``acq2``, ``track``, ``fg`` with its time
        (``yyyydddhhmmss`` UTC; of ``fg`` the end), or ``id`` with its number and image.
    reftype, version : str
        Calibration reference type and number.
    """

    raw: str
    kind: str = UNKNOWN
    root: str | None = None
    dataset: str | None = None
    program: str | None = None
    observation: str | None = None
    visit: str | None = None
    group: str | None = None
    sequence: str | None = None
    activity: str | None = None
    exposure: str | None = None
    segment: str | None = None
    detector: str | None = None
    candidate: str | None = None
    target: str | None = None
    epoch: str | None = None
    source: str | None = None
    instrument: str | None = None
    optical: str | None = None
    suffix: str | None = None
    counter: str | None = None
    thumb: str | None = None
    extension: str | None = None
    timestamp: str | None = None
    asn_type: str | None = None
    mode: str | None = None
    time: str | None = None
    attempt: str | None = None
    image: str | None = None
    reftype: str | None = None
    version: str | None = None

    def __str__(self) -> str:
        values = {field: getattr(self, field) for field in FIELDS}
        written = (form.write(values) for kind, form in _FORMS if kind == self.kind)
        return next((text for text in written if text is not None), self.raw)


#: The fields of a :class:`Name` that come from the patterns, in order.
FIELDS: tuple[str, ...] = tuple(f.name for f in fields(Name) if f.name not in ("raw", "kind"))


_FORMS: tuple[tuple[str, Form], ...] = tuple(
    (kind, Form.read(form, FIELD_PATTERNS)) for kind, form in GRAMMAR
)

#: Every kind, ``unknown`` first, in the order of the grammar.
KINDS: tuple[str, ...] = tuple(dict.fromkeys((UNKNOWN, *(kind for kind, _ in GRAMMAR))))


def parse(name: str) -> Name:
    """Read one file name, `obs_id` or association product name.

    Parameters
    ----------
    name : str
        Any text. Folders and URIs are not file names and come back as ``unknown``.

    Returns
    -------
    Name
        With ``str(parse(name)) == name`` for every text.

    Examples
    --------
    >>> parse("jw02733002001_gs-fg_2022163120339_cal.fits").time
    '2022163120339'
    >>> parse("notes on 2733.txt").kind
    'unknown'
    """
    for kind, form in _FORMS:
        match = form.compiled.fullmatch(name)
        if match is not None:
            return Name(raw=name, kind=kind, **match.groupdict())
    return Name(raw=name)


def parse_many(names: Iterable[str]) -> pd.DataFrame:
    """Read a column of names; the same answer as :func:`parse` on each, some 10 times faster.

    Parameters
    ----------
    names : iterable of str
        A list, Series, numpy or pyarrow array, of length n.

    Returns
    -------
    DataFrame
        n rows; `raw` as given, `kind` and every field of :class:`Name` as categorical columns
        (integer codes inside), missing where the kind has no such field.

    Examples
    --------
    >>> parse_many(["jw02733_20220712t201523_pool.csv", "x"])["kind"].tolist()
    ['pool', 'unknown']
    """
    import pandas as pd
    import pyarrow as pa

    given = names if hasattr(names, "__len__") else list(names)
    try:
        raw = pa.array(given, type=pa.string(), from_pandas=True).fill_null("")
        as_given = raw.to_pandas()
    except UnicodeEncodeError:
        # Lone surrogates, which JSON can state, have no UTF-8; nor is there a known name with one.
        as_given = pd.Series(list(given), dtype=object).fillna("")
        readable = [name.encode("utf-8", errors="replace") for name in as_given]
        raw = pa.array(readable).cast(pa.string())
    if isinstance(raw, pa.ChunkedArray):
        raw = raw.combine_chunks()
    kinds = np.zeros(len(raw), dtype=np.int8)
    order, chunks = _match_columns(raw, kinds)
    inverse = np.empty(len(raw), dtype=np.int64)
    inverse[order] = np.arange(len(raw))
    columns: dict[str, Any] = {
        "raw": as_given,
        "kind": pd.Categorical.from_codes(kinds, categories=list(KINDS)),
    }
    for field in FIELDS:
        columns[field] = _gather(chunks[field], inverse)
    return pd.DataFrame(columns)


def _match_columns(raw: Any, kinds: np.ndarray) -> tuple[np.ndarray, dict[str, list[Any]]]:
    """Run each pattern over what the ones before it left, and note the kinds found.

    Returns the row numbers in the order in which they were matched, and for each field the
    pieces of its column in that order.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    left = np.arange(len(raw))
    order: list[np.ndarray] = []
    chunks: dict[str, list[Any]] = {field: [] for field in FIELDS}
    for kind, form in _FORMS:
        if not len(left):
            break
        found = pc.extract_regex(raw.take(pa.array(left)), pattern=f"^(?:{form.pattern})$")
        matched = found.is_valid().to_numpy(zero_copy_only=False)
        if not matched.any():
            continue
        found = found.filter(pa.array(matched))
        order.append(left[matched])
        kinds[left[matched]] = KINDS.index(kind)
        left = left[~matched]
        groups = {field.name: found.field(i) for i, field in enumerate(found.type)}
        nothing = pa.nulls(len(found), pa.string())
        for field in FIELDS:
            chunks[field].append(groups.get(field, nothing))
    order.append(left)
    for field in FIELDS:
        chunks[field].append(pa.nulls(len(left), pa.string()))
    return np.concatenate(order), chunks


def _gather(pieces: list[Any], inverse: np.ndarray) -> pd.Categorical:
    """One field's pieces, back in the order of the input, as a categorical column."""
    import pandas as pd
    import pyarrow as pa

    if all(piece.null_count == len(piece) for piece in pieces):
        return pd.Categorical.from_codes(np.full(len(inverse), -1, np.int8), categories=[])
    encoded = pa.chunked_array(pieces, pa.string()).combine_chunks().dictionary_encode()
    values = np.asarray(encoded.dictionary.to_pylist(), dtype=object)
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)[inverse]
    # RE2 gives the empty text for a group that took no part; Python's re gives None.
    if "" in values:
        empty = int(np.flatnonzero(values == "")[0])
        codes = np.where(codes == empty, -1, np.where(codes > empty, codes - 1, codes))
        values = np.delete(values, empty)
    return pd.Categorical.from_codes(codes, categories=values)
