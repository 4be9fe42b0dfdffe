"""Trials become a verdict: numpy and scipy only, so that no Keras is needed to judge again."""
