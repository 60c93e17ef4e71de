"""Every request as a row: packed while it ends, turned into columns and Locust's statistics four times a second."""
