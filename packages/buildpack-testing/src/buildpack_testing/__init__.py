"""What a test of a buildpack uses: a platform without containers, runtime archives, package indexes."""
