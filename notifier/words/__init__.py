"""How figures, money, days and measures are put into words, in Chinese and in English."""
