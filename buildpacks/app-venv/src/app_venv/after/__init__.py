"""What follows an installation: checks, bills of materials, static files, a search for secrets, a summary."""
