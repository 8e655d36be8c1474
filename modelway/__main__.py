"""`python -m modelway`: the command line without installing it."""

from modelway.cli import main

main()
