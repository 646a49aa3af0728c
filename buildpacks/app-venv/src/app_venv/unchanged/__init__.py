"""What of a restored environment is moved into a new one, since an installation would give the same bits."""
