"""The buildpack strata/app-start: what the image of an application starts."""
