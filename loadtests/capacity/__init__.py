"""How much a system bears: the highest rate at which rules are kept, looked for and confirmed."""
