"""What holds for every test."""

from hypothesis import settings

# Hypothesis fails an example that takes longer than 200 ms, which says more about the machine than about the code.
settings.register_profile("modelway", deadline=None)
settings.load_profile("modelway")
