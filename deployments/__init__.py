"""What runs inside a Ray Serve replica."""
