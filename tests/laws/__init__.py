"""The laws of translation: each is a file, run over every case of the corpus and over random input."""
