"""Releasing: everything between the sources as they are and "released", looked up in the world each time.

Import what is needed from the submodules; `converge` is the way in.
"""
