"""Calibration: what a count is worth, how a sensor sits, how sure that is, and until when it holds.

``still`` and ``load`` and ``pose`` judge samples; ``guide`` leads somebody through them; ``record`` is what is kept,
``files`` keeps it, ``rig`` finds it again at the station's start.
"""
