"""What is said about packages: a software bill of materials, and where they come from (provenance)."""
