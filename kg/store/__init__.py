"""The tables in which the truth lies, and the way in and out of them."""
