"""Where a write must land, read back: primary, replica, warehouse. SQL, read only."""
