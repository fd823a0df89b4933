"""The wizard that a node serves to whoever installs a room, for half an hour at most."""
