"""Evidence for the NIST AI RMF 1.0: what an environment shows of each subcategory, how strongly, and where the proof is."""
