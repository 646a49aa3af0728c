"""Facts that a running buildpack and its maintainer must agree on; see the README beside this package."""
