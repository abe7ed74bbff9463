"""Repair orders: opened for what is down, routed, deadlines, proved by the machine (维修工单)."""
