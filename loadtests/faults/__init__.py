"""Faults: processes are killed and frozen under load, and what callers notice of it."""
