"""Every flight that left New York City, landed and cleaned."""
