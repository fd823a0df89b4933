"""Sound of care rooms made by synthesis: days of daily life, and calls for help in them."""
