"""What the figures draw, one topic a module: pure data of a record."""
