"""Tests of the bus, and `kit`, a hub and nodes on loopback that other tests use too."""
