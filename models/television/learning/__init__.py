"""How the model of television was made: talks, training, calibration, figures."""
