"""A cluster of several nodes on one machine, and what happens to it under load."""
