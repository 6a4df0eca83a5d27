"""Work that other processes of this machine share."""
