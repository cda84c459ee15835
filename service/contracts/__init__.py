"""What goes over the wire: requests, responses and events, a group a file. Nothing here knows how they come about."""
