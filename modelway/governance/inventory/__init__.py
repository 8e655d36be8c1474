"""The inventory: which AI systems there are, whose they are, and whether everything that they run on says so."""
