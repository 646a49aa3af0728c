"""The Buildpack API 0.10 as a running buildpack uses it; see the README beside this package."""
