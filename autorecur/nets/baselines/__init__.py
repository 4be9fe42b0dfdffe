"""Baselines that take seconds: they decide whether a recurrent network is worth it."""
