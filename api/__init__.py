"""The REST API: the only serving process that holds models. Start it with `matinee serve`."""
