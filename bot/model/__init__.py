"""What a message, a complaint, a delivery and a conversation are, and which moves are allowed."""
