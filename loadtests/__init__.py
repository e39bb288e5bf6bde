"""Load generators, benchmarks and their verdicts: Chorale as its clients see it."""
