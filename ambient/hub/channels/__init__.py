"""Ways out of the hub beside its pages: a host that keeps what is due, and a plugin per channel."""
