"""The load gate: rules, a load run held to them, and what a release pipeline reads of it."""
