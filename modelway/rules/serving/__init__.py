"""What serves models and what watches them: where it runs, what of it is kept, how it is updated."""
