"""The real platform for end-to-end tests: lifecycle, pack, a registry, base images, containers."""
