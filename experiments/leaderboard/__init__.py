"""The leaderboard: study results, and those of strangers, as one page that a person can explore."""
