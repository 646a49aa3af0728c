"""What dist/ holds: the manifest of packages and what is embedded in them."""
