"""Heart beats: raw pulse waves, ECG or intervals in, heart rate, variability and rhythm out.

`vitals.beats.meter` puts the parts together. Variability and rhythm are for research only.
"""
