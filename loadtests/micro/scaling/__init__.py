"""The autoscaling policy on recorded kinds of traffic, simulated and plotted."""
