"""How voices are made."""
