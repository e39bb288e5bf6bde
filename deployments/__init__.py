"""What runs inside a Ray Serve replica."""

from deployments import startup as startup  # the first thing, for it tells how long the rest took
