"""Releasing: everything between the sources as they are and "released", looked up each time.

Import what is needed from the submodules; `converge` is the way in.
"""
