"""The HTML that the service writes: articles, status, reference, and what the widget is made of."""
