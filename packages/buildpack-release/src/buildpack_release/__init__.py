"""Check, assemble, package and release a monorepo of Cloud Native Buildpacks.

The library does the work and raises ReleaseError; the edge (`tasks`) prints and exits.
Import what is needed from the submodules: this package imports nothing by itself, so that starting is cheap.
"""
