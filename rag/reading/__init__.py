"""Reading a sentence without a language model: words, names and numbers in, a `Plan` out."""
