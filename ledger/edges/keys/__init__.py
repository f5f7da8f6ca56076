"""Keys: encrypted keystore files, and where their passphrase comes from."""
