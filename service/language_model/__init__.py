"""What the language model is given to read and what of its words is taken: prompt, stream, sureness, a second look."""
