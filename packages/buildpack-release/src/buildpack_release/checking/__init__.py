"""Whether what it says holds: files, orders, and the proof that the build plans fit."""
