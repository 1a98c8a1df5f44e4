"""The vocabulary every other room speaks: films, the catalogue, pictures, encoders, settings, errors."""
