"""What tools/matrix.py and tools/wheels.py are made of."""
