"""Generated traffic: days of customers with incidents, faults and pacing."""
