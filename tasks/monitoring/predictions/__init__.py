"""What a champion said of each row, and what became of it when the labels came."""
