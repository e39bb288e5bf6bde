"""Keys and the RAM, disk and Redis tiers of the audio cache."""
