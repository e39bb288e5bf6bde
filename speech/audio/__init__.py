"""PCM to containers: joins, resampling (soxr) and encoders (PyAV)."""
