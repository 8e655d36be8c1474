"""Whether what a model is asked, what it answers and how right it is have changed: plain functions on counts of rows."""
