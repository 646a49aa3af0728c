"""Real python-build-standalone trees, put together from what package registries have of them.

The trees are those of a Go module that embeds python-build-standalone; nothing in them is changed. What the
module leaves out and an app needs is added. The archives and their catalogue go through the same door as the
published ones.
"""
