"""PCM to containers. The only room that imports soundfile, soxr and av."""
