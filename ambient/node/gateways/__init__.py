"""The ways in of wearables, monitors and small sensors: sockets and radios, one file a way."""
