"""How the network of sounds was made: material, network, training, calibration, figures."""
