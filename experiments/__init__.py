"""Studies, statistics and leaderboards: what is made of many searches."""
