"""What a checkpoint of one's own may be. Pure Python: its inputs are on pages that open without torch."""

SUFFIXES = (".pth", ".pt", ".ckpt", ".safetensors")
LIMIT_MB = 300  # of 2**20 bytes: of a checkpoint, and of its tensors written out
LABELS_MB = 1  # of a labels file
