"""The board: a page in the browser with every channel's scores and what fires."""
