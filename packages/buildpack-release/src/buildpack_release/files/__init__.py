"""Files of this machine: written whole or not at all, the output directories, the cache."""
