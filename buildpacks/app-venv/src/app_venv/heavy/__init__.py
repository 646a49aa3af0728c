"""Big binary files of wheels, in layers of their own that all apps with the same wheel share."""
