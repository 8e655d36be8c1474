"""Rules about networks: who reaches what, and what is seen of it."""
