"""Versions and changelogs of the buildpacks: what they are, what comes next, and the edit that makes it so.

Import what is needed from the submodules: `inference` says what would be released, `bump` writes it,
`versions_check` is the check for pull requests.
"""
