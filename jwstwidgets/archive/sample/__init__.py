"""The sample archive: seven kinds of observation, embedded, reconstructed, no network.

Its rows are made by our code from the naming rules of the archive and from facts about programs
(exposures, detectors, guide-star times, bytes per suffix), written down in
:mod:`~jwstwidgets.archive.sample.programs`. No row of the archive is stored here.

=====  ======================================================  ====================================
letter observation                                             what it shows
=====  ======================================================  ====================================
(a)    ``jw02733-o002_t001_miri_f1130w``                       one MIRI image, 605 files, 3,470 rows
(b)    ``jw02736-o001_t001_nircam_clear-{f200w,f277w}``        NIRCam, both channels
(c)    ``jw02736-o007_{s00001,s00002}_nirspec_f290lp-g395m``   two MSA sources, the same exposures
(d)    ``jw02734-o002_t002_niriss_{clear,f277w}-gr700xd-...``  SOSS time series, in segments
(e)    ``jw01091002001_03101_00001-seg00{1..5}_nis``           calibrated, without level 3
(f)    ``jw02221-o003_t002_miri_f2550w``                       under exclusive access
(g)    ``jw09331001001_xx101_00001_nircam``                    planned, no files yet
=====  ======================================================  ====================================

What is exact and what is invented stands in the docstring of each program. An observation id that
the archive would have given but that we do not know is numbered from 990000001 on, far above
those in use.

>>> from jwstwidgets.archive.protocol import Query
>>> from jwstwidgets.archive.sample import SampleArchive
>>> archive = SampleArchive()
>>> archive.label
'sample archive (reconstruction)'
>>> archive.observations(Query(target="wasp*"))["obs_id"].tolist()
['jw02734-o002_t002_niriss_clear-gr700xd-substrip256',
 'jw02734-o002_t002_niriss_f277w-gr700xd-substrip256']
"""

from __future__ import annotations

from jwstwidgets.archive.sample.archive import SampleArchive

__all__ = ["SampleArchive"]
