"""Moving skeletons that we make: motion in, what a pose engine would say of it out."""
