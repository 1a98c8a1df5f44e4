"""Genres from plot, poster or both; whether a picture is a film poster; what is wrong in a catalogue."""
