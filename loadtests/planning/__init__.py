"""What a profile is going to send, before anything is sent: as sums, in the terminal, as a picture."""
