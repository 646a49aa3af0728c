"""What an app starts, told from its files: without importing it, and never without evidence."""
