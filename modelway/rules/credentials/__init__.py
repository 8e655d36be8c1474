"""Rules about passwords, keys and tokens: where they may stand, how long they are good for, and who gives them to the engine."""
