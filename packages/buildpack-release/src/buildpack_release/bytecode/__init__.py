"""Bytecode for packages: the Pythons of this machine and of archives, and compiling with them."""
