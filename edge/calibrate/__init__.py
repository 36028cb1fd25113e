"""``steadyrig calibrate``: one guide (``drivers/calibration``), led through in the terminal or on the screen."""
