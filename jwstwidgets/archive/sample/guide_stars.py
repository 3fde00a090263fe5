"""Guide-star files of one visit, from their times and sizes. No pandas.

A visit identifies its guide star once (gs-id), acquires it (gs-acq1, gs-acq2 two seconds later),
and then, before each exposure, tracks it (gs-track, named by the start) and guides (gs-fg, named
by the end; long ones are cut into segments). FITS files are whole blocks of 2,880 bytes, so sizes
are written in blocks.

>>> stars = GuideStars("jw02733002001", "2022163", "115638", "115814a", "120339:1825/2320/1814")
>>> [(file.name, file.size) for file in stars.files() if "fg" in file.name][:1]
[('jw02733002001_gs-fg_2022163120339_stream.fits', 5256000)]
>>> len(stars.files())
12
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

BLOCK = 2880

# Bytes in blocks as stream, uncal, cal. Acquisition images have one size always, tracking one of
# few, which depend on how long the guider had to track.
ACQ1 = (141, 146, 446)
ACQ2 = (12, 17, 37)
TRACK = {
    "a": (278, 305, 856),
    "b": (278, 304, 854),
    "c": (460, 492, 1406),
    "d": (551, 591, 1685),
    "e": (278, 308, 866),
}
STAGES = ("stream", "uncal", "cal")
CALIBRATED = frozenset({"cal", "image_cal", "stacked_cal"})
IDENTIFICATION = ("image_uncal", "stacked_uncal", "stream", "image_cal", "stacked_cal")


class File(NamedTuple):
    """One file: its name, its kind (a key of ``rows.KINDS``), its bytes."""

    name: str
    kind: str
    size: int


@dataclass(frozen=True)
class GuideStars:
    """Guide-star files of one visit.

    Parameters
    ----------
    visit : str
        e.g. ``"jw02733002001"``.
    day : str
        ``yyyyddd`` of all its times.
    acquisition : str
        Times (``hhmmss``) of gs-acq1, separated by blanks.
    track : str
        Times of gs-track, each with the letter of its size in `TRACK`.
    fine : str
        Times of gs-fg, with a segment where cut, and stream/uncal/cal in blocks.
    identification : tuple of int
        Blocks of the gs-id files, in the order of `IDENTIFICATION`; empty: none.
    """

    visit: str
    day: str
    acquisition: str
    track: str
    fine: str
    identification: tuple[int, ...] = ()

    def files(self) -> list[File]:
        """All of them, each once."""
        return [*self._acquired(), *self._fine(), *self._identified(), *self._tracked()]

    def _triple(self, mode: str, time: str, blocks: tuple[int, ...]) -> Iterator[File]:
        for stage, size in zip(STAGES, blocks, strict=True):
            name = f"{self.visit}_gs-{mode}_{self.day}{time}_{stage}.fits"
            yield File(name, f"gs-{mode}{_level(stage)}", size * BLOCK)

    def _acquired(self) -> Iterator[File]:
        for time in self.acquisition.split():
            second = datetime.strptime(time, "%H%M%S") + timedelta(seconds=2)
            yield from self._triple("acq1", time, ACQ1)
            yield from self._triple("acq2", f"{second:%H%M%S}", ACQ2)

    def _tracked(self) -> Iterator[File]:
        for token in self.track.split():
            yield from self._triple("track", token[:-1], TRACK[token[-1]])

    def _fine(self) -> Iterator[File]:
        for token in self.fine.split():
            time, _, blocks = token.partition(":")
            yield from self._triple("fg", time, tuple(int(b) for b in blocks.split("/")))

    def _identified(self) -> Iterator[File]:
        # Not strict: a visit that took over its guide star from the one before has none.
        for stage, size in zip(IDENTIFICATION, self.identification, strict=False):
            yield File(f"{self.visit}_gs-id_1_{stage}.fits", f"gs-id{_level(stage)}", size * BLOCK)


def _level(stage: str) -> str:
    """CAOM counts calibrated guide-star data as level 2, the rest as level 1."""
    return "_cal" if stage in CALIBRATED else ""
