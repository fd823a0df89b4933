"""Speech: where somebody speaks, and whether it is the resident who enrolled the own voice."""
