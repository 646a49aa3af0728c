"""Builder images, composed of a base image, the lifecycle and buildpackages, without Docker or pack.

`create` is the way in for composing one, `builder_check` for proving its order. Import from the submodules.
"""
