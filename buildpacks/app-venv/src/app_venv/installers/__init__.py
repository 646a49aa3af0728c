"""What installs: one package for each tool."""
