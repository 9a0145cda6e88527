"""What a channel raises when it will not, or cannot, carry a reply."""


class Refused(Exception):
    """The reply did not go out; the text is a sentence for the person."""
