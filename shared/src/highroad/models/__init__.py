"""Model files, the registry they are known by, and the gates between its aliases."""
