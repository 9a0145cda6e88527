"""The single writer of state. Events and intents in, effects out; no threads, timers or sockets."""
