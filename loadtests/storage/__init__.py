"""Run directories at a URL: written here, brought there at the end, fetched again by whoever judges them."""
