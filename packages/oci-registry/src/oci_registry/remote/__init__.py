"""A client of the OCI Distribution API 1.1: references, credentials, blobs, manifests, tags, referrers.

Import what is needed from the submodules; `client` is the way in.
"""
