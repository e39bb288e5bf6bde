"""Voices that are shipped with the package, each with its card and its notices."""
