"""Run records: what a pipeline run was, read and made, kept in a database that outlives it."""
