"""Ways to put a reply into an agent."""
