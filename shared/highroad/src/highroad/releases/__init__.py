"""What is deployed: a project's image, what is in it, and the proof that it runs."""
