"""Plans to print, and what a PDF says."""

import re
import zlib
from datetime import date

from edge.prescription.programmes import begin, programme

PRINTED = date(2026, 11, 21)
NAMES = ("microroutine-6w", "home-3day", "gym-4day")


def plan(name="home-3day", **more):
    held = {"version": 4} | more
    return begin(programme(name), "patient-0001", "station-0001", "Ana", "2026-11-21T08:00:00+00:00", PRINTED, **held)


def streams(pdf):
    """Return the drawing instructions of every page, as text."""
    found = []
    for part in re.findall(rb"stream\r?\n(.*?)endstream", pdf, re.DOTALL):
        data = part.rstrip()
        try:
            if data.endswith(b"~>"):
                import base64

                data = base64.a85decode(data[:-2])
            found.append(zlib.decompress(data).decode("latin-1"))
        except (ValueError, zlib.error):
            continue
    return [text for text in found if " Tf" in text]
