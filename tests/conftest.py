"""Settings of all tests."""

from hypothesis import settings

# Machines that run tests are shared and slow at times; a test's own work is bounded by its examples.
settings.register_profile("tocsin", deadline=None)
settings.load_profile("tocsin")
