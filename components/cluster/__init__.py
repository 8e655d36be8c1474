"""Where models run: a cluster we make or one that is there, and what every team finds in it."""
