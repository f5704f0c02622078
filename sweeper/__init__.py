"""RF sense: IQ blocks in, emissions out."""
