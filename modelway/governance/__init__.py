"""What is kept so that it can be shown later: who released what, from which data, on whose approval, under which rules."""
