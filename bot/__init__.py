"""The people's side: a question in, a reply out; the command line and the chat page."""
