"""What lasts, what replaces it, and by which programs."""
