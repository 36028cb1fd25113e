"""The patient's screen: a pure view of the session, and pygame drawing that knows nothing else."""
