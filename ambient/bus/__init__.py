"""How messages travel: ZeroMQ inside a node, the durable CURVE link from node to hub."""
