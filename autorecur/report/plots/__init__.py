"""What the figures of the search draw, one topic a module: pure data of a record."""
