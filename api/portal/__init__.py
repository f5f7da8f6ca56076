"""Pages for people: plain HTML with a script and a style sheet of their own, and nothing from elsewhere."""
