"""The patient's screen: a pure view of the session, and pygame drawing that knows nothing else."""

import os

# pygame greets on stdout when it is imported; the station's stdout belongs to its callers.
os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")
