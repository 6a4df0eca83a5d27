"""Settings of all tests."""

import signal

from hypothesis import settings

# Machines that run tests are shared and slow at times; a test's own work is bounded by its examples.
settings.register_profile("tocsin", deadline=None)
settings.load_profile("tocsin")

# A shell gives what it starts in the background a SIGINT that is ignored, and so do we to what we start;
# several tests press Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
