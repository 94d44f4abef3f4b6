"""Who may see what: teams and grants, decisions, and the visible set."""
