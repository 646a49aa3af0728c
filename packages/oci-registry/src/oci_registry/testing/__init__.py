"""Registries for tests, all on loopback: in memory, faulty, with tokens, and the real docker-registry.

Import from the submodules: memory, faulty, token_server, access, distribution.
"""
