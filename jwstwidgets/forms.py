"""Forms: a line of text that says both how a name is read and how it is written.

Knows nothing of JWST. In a form, ``{field}`` stands for a field, ``[...]`` for what may be
missing, ``(name:...)`` for a part that is itself a field, and everything else for itself.

>>> form = Form.read("jw{program}[_{stamp}]_pool", {"program": "[0-9]{5}", "stamp": "[0-9t]+"})
>>> form.pattern
'jw(?P<program>[0-9]{5})(?:_(?P<stamp>[0-9t]+))?_pool'
>>> form.write({"program": "02733", "stamp": None})
'jw02733_pool'
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

_TOKEN = re.compile(r"\{(?P<field>\w+)\}|\((?P<group>\w+):|(?P<bracket>[][)])|(?P<text>[^][(){}]+)")


@dataclass(frozen=True)
class Form:
    """A form, or a part of one.

    Attributes
    ----------
    source : str
        The regular expression of a field, or the plain text of this part.
    field : str
        The field this part is; empty for plain text and for ``[...]``.
    parts : tuple of Form
        What a group is made of; empty for a field and for plain text.
    optional : bool
        Whether the part may be missing.
    """

    source: str = ""
    field: str = ""
    parts: tuple[Form, ...] = ()
    optional: bool = False

    @classmethod
    def read(cls, form: str, fields: Mapping[str, str]) -> Form:
        """Take a form apart; `fields` gives the regular expression of each field in it."""
        return cls(parts=tuple(cls._read_parts(_TOKEN.finditer(form), fields)))

    @classmethod
    def _read_parts(
        cls, tokens: Iterator[re.Match[str]], fields: Mapping[str, str]
    ) -> Iterator[Form]:
        for token in tokens:
            field, group, bracket, text = token.group("field", "group", "bracket", "text")
            if bracket in ("]", ")"):
                return
            if field:
                yield cls(source=fields[field], field=field)
            elif text:
                yield cls(source=text)
            else:
                inside = tuple(cls._read_parts(tokens, fields))
                yield cls(field=group or "", parts=inside, optional=bracket == "[")

    @cached_property
    def pattern(self) -> str:
        """Regular expression with a named group per field, for Python's `re` and for RE2."""
        if self.parts:
            inside = "".join(part.pattern for part in self.parts)
        else:
            inside = self.source if self.field else re.escape(self.source)
        if self.field:
            return f"(?P<{self.field}>{inside})"
        return f"(?:{inside})?" if self.optional else inside

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """`pattern`, compiled by Python's `re`."""
        return re.compile(self.pattern)

    def write(self, values: Mapping[str, str | None]) -> str | None:
        """The text with these values; None where a part that must be there has no value."""
        if not self.parts:
            return values[self.field] if self.field else self.source
        written = [part.write(values) for part in self.parts]
        if None in written:
            return "" if self.optional else None
        return "".join(text for text in written if text is not None)
