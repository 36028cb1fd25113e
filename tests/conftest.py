"""What holds for every test."""

from hypothesis import HealthCheck, settings

# A test says what is right, not how fast: a busy machine takes long. A failure prints how to repeat it.
settings.register_profile("steady", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")
