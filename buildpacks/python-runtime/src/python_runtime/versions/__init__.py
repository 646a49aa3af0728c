"""Which Python an app wants: the sources, and the version that satisfies all of them."""
