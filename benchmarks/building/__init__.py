"""The from-scratch builder: NAS-Bench-201's cells trained on small images, and the tables made of it."""
