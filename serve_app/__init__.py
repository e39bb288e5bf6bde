"""The HTTP ingress, the graph and the command line."""
