"""What is not allowed: pure functions from values to verdicts. Nothing here asks a network or knows where a value came from."""
