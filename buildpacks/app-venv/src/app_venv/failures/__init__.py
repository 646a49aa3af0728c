"""Why an installation failed, recognised in what its program said."""
