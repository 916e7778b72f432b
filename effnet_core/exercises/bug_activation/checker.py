"""MBConv against torchvision's block, on the same weights."""

from ..block_checks import check_block as check

__all__ = ["check"]
