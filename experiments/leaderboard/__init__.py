"""The leaderboard: study results, and those that others submit, as one page that a person can explore."""
