"""Hurts the system on purpose, undoes it, and asks whether it held."""
