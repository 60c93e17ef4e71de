"""Drives traffic through the front door and records every request and every write. Knows no fault."""
