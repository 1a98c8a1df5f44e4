"""Measuring: every number that README and docs print comes from here, through `matinee evaluate`."""
