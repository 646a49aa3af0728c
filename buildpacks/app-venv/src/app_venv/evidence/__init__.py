"""What an environment was made of, and whether a restored one is what a new installation would give."""
