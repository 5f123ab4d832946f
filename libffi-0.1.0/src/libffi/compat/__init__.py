"""Other packages' front doors, over this one's core: programs that use them run unchanged."""
