"""The observations of the sample, in the order they are shown; one module per program or two.

>>> [observation.calib_level for observation in OBSERVATIONS]
[3, 3, 3, 3, 3, 3, 3, 2, 2, 2, 2, 2, 3, -1]
"""

from __future__ import annotations

from jwstwidgets.archive.sample.programs.not_yet_public import BRICK, PLANNED
from jwstwidgets.archive.sample.programs.smacs0723 import NIRCAM, NIRSPEC
from jwstwidgets.archive.sample.programs.soss import STANDALONE, WASP96
from jwstwidgets.archive.sample.programs.southern_ring import SOUTHERN_RING

OBSERVATIONS = (SOUTHERN_RING, *NIRCAM, *NIRSPEC, *WASP96, *STANDALONE, BRICK, PLANNED)

__all__ = ["OBSERVATIONS"]
