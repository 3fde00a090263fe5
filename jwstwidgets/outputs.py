"""What leaves a session: pictures, and what exports say of themselves; functions of a state."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from jwstwidgets.archive import Archive
from jwstwidgets.diagram import Diagram
from jwstwidgets.export import ExportInfo, safe_filename
from jwstwidgets.loading import describe_observation
from jwstwidgets.names import parse
from jwstwidgets.state import State
from jwstwidgets.svg import to_svg


def export_info(archive: Archive, state: State, source: str) -> ExportInfo:
    """What an export says of itself: where files come from, its server, what they are of.

    The server is that of an archive that files can be downloaded from, else MAST's.
    """
    program = parse(state.obs_id).program
    stem = f"jw{program}" if program else safe_filename(state.obs_id or "jwst")
    address = getattr(archive, "download_url", None)
    if address is None:
        return ExportInfo(archive=source, name=stem)
    return ExportInfo(archive=source, name=stem, server=address("mast:JWST").partition("?")[0])


def picture(state: State, diagram: Diagram, lit: npt.NDArray[np.int32], source: str) -> str:
    """A diagram of a state as an SVG document, titled, with where the files come from."""
    about = describe_observation(state.loaded.observation)
    title = " · ".join(part for part in (state.obs_id, about) if part)
    return to_svg(diagram, title=title, lit=diagram.holding(lit), caption=f"data: {source}")
