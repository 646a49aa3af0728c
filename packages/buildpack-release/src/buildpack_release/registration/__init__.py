"""Registering published buildpacks in the CNB registry, so that `pack` finds them by id.

The registry takes requests as issues of its index repository, and answers with labels. Import what is needed
from the submodules; `registrar` is the way in.
"""
