"""Many numbers in little text, and back exactly: how the trace of a signal is kept and sent.

A sensor's values are hundredths of their unit and follow one another closely, so what is kept is the step from each
to the next, lowest bytes first, then the next higher ones: long stretches of zeros that zlib takes away. Values that
are no hundredths are kept as they are, 8 bytes each. Either way the text gives back the very same numbers.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Sequence

import numpy as np

from edge.records.fields import MOST_TRACE_VALUES

STEPS, PLAIN = "h", "d"
"""The first letter: steps of hundredths, or plain float64."""
FARTHEST = 2**30 - 1
"""Hundredths beyond this are kept plain: steps between them would not fit into 4 bytes."""
_LARGEST = 8 * MOST_TRACE_VALUES
LONGEST_PACKED = 1 + 4 * -(-(_LARGEST + 64) // 3)
"""Characters that the longest trace takes at most: what zlib cannot make smaller grows by a few bytes."""


def pack(values: Sequence[float]) -> str:
    """Return the text for these values. Raises ValueError for none, for too many, and for one that is no number.

    >>> unpack(pack((0.0, 1.5, -2.25)), 3)
    (0.0, 1.5, -2.25)
    """
    given = np.array(values, "<f8")
    if not 1 <= given.size <= MOST_TRACE_VALUES or not np.isfinite(given).all():
        raise ValueError(f"{given.size} values; expected 1 to {MOST_TRACE_VALUES}, all of them numbers")
    hundredths = np.rint(np.clip(given, -FARTHEST / 100, FARTHEST / 100) * 100).astype("<i4")
    if (hundredths / 100 == given).all() and not (np.signbit(given) & (given == 0)).any():
        steps = np.diff(hundredths, prepend=0).astype("<i4")
        return STEPS + _text(steps.view("u1").reshape(-1, 4).T.tobytes())
    return PLAIN + _text(given.tobytes())


def unpack(packed: str, count: int) -> tuple[float, ...]:
    """Return the ``count`` values of a text. Raises ValueError where it does not hold exactly so many numbers."""
    form, width = packed[:1], {STEPS: 4, PLAIN: 8}.get(packed[:1], 0)
    if not width:
        raise ValueError(f"packed values begin with {form!r}; expected {STEPS} or {PLAIN}")
    content = _bytes(packed[1:], width * count)
    if form == PLAIN:
        values = np.frombuffer(content, "<f8")
    else:
        planes = np.frombuffer(content, "u1").reshape(4, -1)
        values = np.cumsum(np.ascontiguousarray(planes.T).view("<i4").ravel(), dtype="<i8") / 100
    if not np.isfinite(values).all():
        raise ValueError("packed values hold a number that is none")
    return tuple(values.tolist())


def _text(content: bytes) -> str:
    return base64.b64encode(zlib.compress(content, 9)).decode("ascii")


def _bytes(text: str, size: int) -> bytes:
    """Return the bytes of a text, ``size`` of them; what is longer is never made, however it was packed."""
    try:
        inflater = zlib.decompressobj()
        content = inflater.decompress(base64.b64decode(text, validate=True), size + 1)
    except (binascii.Error, zlib.error, ValueError) as exc:
        raise ValueError(f"packed values cannot be read: {exc}") from None
    if len(content) != size or not inflater.eof:
        raise ValueError(f"packed values have not {size} bytes")
    return content
