"""Typed YAML configuration files shipped with the package."""
