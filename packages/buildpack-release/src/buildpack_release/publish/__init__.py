"""Publishing packages: dist/ is compared with what a registry has, and what is missing is brought there.

Import what is needed from the submodules; `publication` is the way in.
"""
