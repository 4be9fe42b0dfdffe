"""L1: a file becomes a Dataset, valid or not at all."""
