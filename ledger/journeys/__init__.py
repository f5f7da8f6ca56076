"""What happens, in order: one file a story. No cryptography of their own, no HTTP, no terminal."""
