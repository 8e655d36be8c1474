"""Where images and weights are kept, and what else knows of them."""
