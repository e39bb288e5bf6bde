"""`chorale voices`: the voices that are here, and those that can be had."""
