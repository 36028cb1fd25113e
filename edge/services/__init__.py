"""The three services, from their settings files: ``steadyrig station``, ``bridge`` and ``panel``."""
