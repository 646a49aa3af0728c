"""What the repository says: descriptors, orders, build plans, inputs, settings, with file and line."""
