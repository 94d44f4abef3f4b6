"""Docker: a job for every project, and a service behind a front for one that serves."""
