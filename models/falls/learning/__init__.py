"""How the temporal model is learned. Needs PyTorch: the environment of ``make setup-train``."""
