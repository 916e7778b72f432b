"""Interview practice: cards, drills, answers, a mock interview, repetition, cheat sheet and deck."""
