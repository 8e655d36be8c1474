"""How a model serves."""
