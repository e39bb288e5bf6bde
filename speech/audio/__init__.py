"""PCM to containers: joins, resampling (soxr), native encoders (PyAV)."""
