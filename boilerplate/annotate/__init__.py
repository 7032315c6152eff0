"""Label pages by hand: what ``boilerplate annotate`` shows in the browser, and what it writes."""
