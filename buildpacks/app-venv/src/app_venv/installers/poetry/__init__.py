"""Poetry: where it is, how the user has set it up, what it is to install, how it is run, and what it says."""
