"""Facts that checks look at, each gathered once and only when a check asks for it."""
