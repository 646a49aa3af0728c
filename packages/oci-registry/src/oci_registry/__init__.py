"""OCI images and layouts (image-spec 1.1), written without a container engine, reproducibly."""
