"""Doorstep: an address goes in, a decision comes out, and what happens next is measured."""
