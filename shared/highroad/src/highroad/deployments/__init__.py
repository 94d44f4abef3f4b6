"""Deployments: releases brought to an environment, on record, and back again."""
