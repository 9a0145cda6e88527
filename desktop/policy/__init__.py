"""Who deserves attention, how loudly, until when. Pure."""
