"""What the repository says: descriptors, orders, build plans, settings, with file and line."""
