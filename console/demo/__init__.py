"""The demo: sample shops from a fixed seed, and the whole path over them."""

from console.demo.path import run_demo

__all__ = ["run_demo"]
