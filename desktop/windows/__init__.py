"""Windows on the screen. Values in, intents out."""
