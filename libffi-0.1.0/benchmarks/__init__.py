"""Side-by-side measurements of this package, its peers and hand-written C."""
