"""Falls judged by all senses, measured: on recordings of two senses, and on a simulated set."""
