"""Text streamed in by WebSocket: contexts that speak while it arrives, and their socket."""
