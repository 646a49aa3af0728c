"""From sources to buildpackages: assembling, vendoring, byte code, dist/."""
