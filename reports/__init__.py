"""Reads evidence and judges it. Drives nothing."""
