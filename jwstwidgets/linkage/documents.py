"""Which document makes which file: names and templates in documents against names of files.

Knows how a product name in an association reads (``{source_id}``, ``{slit_name}`` and ``{suffix}``
stand for what the pipeline fills in); nothing of tables and links.

>>> from jwstwidgets.associations import read_association
>>> document = {"asn_type": "spec3", "products": [{
...     "name": "jw02736-o007_{source_id}_nirspec_f290lp-g395m", "members": [
...         {"expname": "jw02736007001_03101_00002_nrs1_cal.fits", "exptype": "science"}]}]}
>>> documents = Documents([read_association(document, name="jw02736-o007_spec3_00001_asn.json")])
>>> making = documents.of(parse("jw02736-o007_s00001_nirspec_f290lp-g395m_x1d.fits"))
>>> [association.name for association, _ in making]
['jw02736-o007_spec3_00001_asn.json']
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Final

from jwstwidgets.associations import Association, AssociationProduct
from jwstwidgets.names import Name, parse

Making = tuple[Association, AssociationProduct]

_SOURCE_TEMPLATES: Final = ("{source_id}", "{slit_name}")


class Documents:
    """Documents by the products they make and by the members they take in.

    Attributes
    ----------
    all : tuple of (Association, AssociationProduct)
        Every product with the document that makes it, in the order given.
    """

    def __init__(self, associations: Iterable[Association]) -> None:
        self.all: tuple[Making, ...] = tuple(
            (association, product)
            for association in associations
            for product in association.products
        )
        self._names: dict[str, Name] = {}
        self._by_root: dict[str, list[tuple[str, Making]]] = {}
        self._by_member: dict[str, list[Making]] = {}
        for making in self.all:
            product = making[1]
            name = self.name(product.name)
            entry = (name.counter or "", making)
            self._by_root.setdefault(name.root or product.name, []).append(entry)
            for member in product.members:
                self._by_member.setdefault(member.expname, []).append(making)

    def name(self, text: str) -> Name:
        """A name, read; each once, because documents repeat those of their members."""
        if text not in self._names:
            self._names[text] = parse(text)
        return self._names[text]

    def of_observation(self, observation: str) -> list[Making]:
        """The documents with a product or a member of an observation (``"002"``), any program."""
        return self._by_observation.get(observation, [])

    @cached_property
    def _by_observation(self) -> dict[str, list[Making]]:
        found: dict[str, list[Making]] = {}
        for association, product in self.all:
            names = [self.name(product.name), *(self.name(m.expname) for m in product.members)]
            touched = {name.observation for name in names}
            if association.candidate.startswith("o"):
                touched.add(association.candidate[1:])
            for observation in touched:
                if observation is not None:
                    found.setdefault(observation, []).append((association, product))
        return found

    def of(self, name: Name) -> list[Making]:
        """The documents that make a file, or the product of this name; none if not known.

        An exposure's product that was made for one candidate (level 2c) comes from stage 3.
        """
        if name.kind == "exposure" and name.candidate:
            stem = f"{name.root}_"
            made = (m for cal in ("cal", "calints") for m in self.taking(f"{stem}{cal}.fits"))
            return [m for m in made if m[0].stage == 3 and m[0].candidate == name.candidate]
        found = []
        for root in _roots(name):
            for counter, making in self._by_root.get(root, ()):
                # Wavefront sensing: products of one name are told apart by a number at their end.
                if not counter or not name.suffix or counter == name.counter:
                    found.append(making)
        return found

    def taking(self, filename: str) -> list[Making]:
        """The documents that take in a file as a member."""
        return self._by_member.get(filename, [])


def _roots(name: Name) -> list[str]:
    """The root of a name, and the templates that could stand for it."""
    root = name.root or name.raw
    if not name.source:
        return [root]
    templates = (root.replace(f"_{name.source}", f"_{t}", 1) for t in _SOURCE_TEMPLATES)
    return list(dict.fromkeys((root, *templates)))
