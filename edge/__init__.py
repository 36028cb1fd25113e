"""The station: what a sample means, what a session does next, and the wiring that runs it."""
