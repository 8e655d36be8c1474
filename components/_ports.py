"""Ports that several objects have to agree on."""

SERVING = 8080
"""What the serving program listens on."""

SERVICE = 80
"""What a version's Service answers on."""
