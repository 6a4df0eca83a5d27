"""What people read: timelines, explanations, periods, differences."""
