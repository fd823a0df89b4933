"""ZeroMQ: observations inside a node, the durable link from node to hub, and who may connect."""
