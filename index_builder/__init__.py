"""The one-shot job: catalogue → embeddings → one index → heads → a published artefact folder."""
