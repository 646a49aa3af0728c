"""From sources to buildpackages in dist/: assembling, byte code, images, documents."""
