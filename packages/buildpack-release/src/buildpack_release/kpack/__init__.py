"""Resources for kpack, which builds and rebuilds images in a cluster."""
