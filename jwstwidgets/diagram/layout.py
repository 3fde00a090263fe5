"""Where things go: columns by stage, lanes by purpose, boxes around what is unfolded.

Positions depend on what is unfolded, never on what is filtered: a toggle moves nothing. The same
input gives the same picture, on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from jwstwidgets.diagram.groups import Group
from jwstwidgets.diagram.model import Heading
from jwstwidgets.diagram.places import COLUMNS, LANES

#: Sizes, px. A card holds two lines of text, a cell one.
CARD: Final = (140.0, 50.0)
CELL: Final = (140.0, 26.0)
#: An empty place holds the reason for it, in several lines.
PLACE: Final = (140.0, 118.0)
_MARGIN: Final = 16.0
_COLUMN_GAP: Final = 36.0
_ROW_GAP: Final = 20.0
_LANE_GAP: Final = 24.0
_TITLE: Final = 30.0
_BOX_PADDING: Final = 10.0
_BOX_TITLE: Final = 26.0
_CELL_GAP: Final = 6.0
#: Parts of a box run on in a further column below this height.
_BOX_HEIGHT: Final = 12 * (CELL[1] + _CELL_GAP)


@dataclass
class Block:
    """A group with its size and place; an unfolded one holds the blocks of its parts."""

    group: Group
    width: float
    height: float
    x: float = 0.0
    y: float = 0.0
    inner: list[Block] = field(default_factory=list)
    parent: str = ""

    def move(self, dx: float, dy: float) -> None:
        """Shift the block with all it holds."""
        self.x += dx
        self.y += dy
        for block in self.inner:
            block.move(dx, dy)


@dataclass(frozen=True)
class Layout:
    """Placed blocks (boxes before what they hold), titles and extent."""

    blocks: tuple[Block, ...]
    columns: tuple[Heading, ...]
    lanes: tuple[Heading, ...]
    width: float
    height: float


def make_block(group: Group, unfolded: Mapping[str, Sequence[Group]], *, inside: str = "") -> Block:
    """The block of a group, with those of its parts where it is unfolded; top left at (0, 0)."""
    if group.id not in unfolded:
        width, height = PLACE if not len(group.codes) else CELL if inside else CARD
        return Block(group, width, height, parent=inside)
    inner = [make_block(part, unfolded, inside=group.id) for part in unfolded[group.id]]
    x, y, right, bottom = _BOX_PADDING, _BOX_TITLE, 0.0, 0.0
    # As many columns as it takes, filled alike.
    total = sum(block.height + _CELL_GAP for block in inner)
    even = total / math.ceil(total / _BOX_HEIGHT)
    limit = max([even, *(block.height for block in inner)])
    column_width = 0.0
    for block in inner:
        if y > _BOX_TITLE and y - _BOX_TITLE + block.height > limit:
            x, y, column_width = x + column_width + _CELL_GAP, _BOX_TITLE, 0.0
        block.move(x, y)
        y += block.height + _CELL_GAP
        column_width = max(column_width, block.width)
        right, bottom = max(right, x + block.width), max(bottom, y)
    width, height = right + _BOX_PADDING, bottom - _CELL_GAP + _BOX_PADDING
    return Block(group, width, height, inner=inner, parent=inside)


def lay_out(groups: Sequence[Group], unfolded: Mapping[str, Sequence[Group]]) -> Layout:
    """Place the groups of the overview, which come sorted by lane and column."""
    blocks = [make_block(group, unfolded) for group in groups]
    lefts, widths, right = _columns(blocks)
    lanes: list[Heading] = []
    y = _MARGIN + _TITLE
    for lane, of_lane in groupby(blocks, key=lambda block: block.group.lane):
        if LANES[lane]:
            lanes.append(Heading(LANES[lane], _MARGIN, y, right - _MARGIN))
            y += _TITLE
        y = _place_lane(list(of_lane), y, lefts, widths) + _LANE_GAP
    columns = tuple(
        Heading(COLUMNS[column], lefts[column], _MARGIN, widths[column]) for column in lefts
    )
    height = y - _LANE_GAP + _MARGIN if blocks else 2 * _MARGIN
    return Layout(tuple(_flatten(blocks)), columns, tuple(lanes), right + _MARGIN, height)


def _columns(blocks: Sequence[Block]) -> tuple[dict[str, float], dict[str, float], float]:
    """Left edge and width of each column in use, and the right edge of the last."""
    lefts: dict[str, float] = {}
    widths: dict[str, float] = {}
    x = _MARGIN
    for column in COLUMNS:
        of_column = [block.width for block in blocks if block.group.column == column]
        if of_column:
            lefts[column], widths[column] = x, max(of_column)
            x += widths[column] + _COLUMN_GAP
    return lefts, widths, max(x - _COLUMN_GAP, _MARGIN + CARD[0])


def _place_lane(
    blocks: Sequence[Block], top: float, lefts: Mapping[str, float], widths: Mapping[str, float]
) -> float:
    """Stack the blocks of a lane in their columns; returns the bottom of the deepest."""
    bottom, lane = top, blocks[0].group.lane
    for column, of_column in groupby(blocks, key=lambda block: block.group.column):
        # Level 2c one row down: what is combined passes straight from level 2b to level 3.
        y = top + (CARD[1] + _ROW_GAP if (lane, column) == ("main", "2c") else 0.0)
        for block in of_column:
            block.move(lefts[column] + (widths[column] - block.width) / 2, y)
            y += block.height + _ROW_GAP
        bottom = max(bottom, y - _ROW_GAP)
    return bottom


def _flatten(blocks: Sequence[Block]) -> list[Block]:
    flat: list[Block] = []
    for block in blocks:
        flat.append(block)
        flat.extend(_flatten(block.inner))
    return flat
