"""Rules about how an environment is described, by what they are about."""
