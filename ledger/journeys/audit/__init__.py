"""The audit: the whole history replayed, and compared with everything else there is."""
