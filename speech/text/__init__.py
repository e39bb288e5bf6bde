"""Written text to phrases of spoken text and phoneme ids."""
