"""Study files that come with weaknas."""
