"""pip: where it is, how the user has set it up, how it is run, and what it says."""
