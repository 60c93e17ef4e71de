"""Ordinary Chaos Toolkit actions: one file an AWS service, each the way one fault is done."""
