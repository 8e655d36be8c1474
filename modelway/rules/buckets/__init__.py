"""Rules about buckets of S3 and what is set about each by resources of its own, by either name that the provider has for them."""
