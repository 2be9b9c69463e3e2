"""The report of a study, from its results alone: tables, figures, and the page that holds them."""
