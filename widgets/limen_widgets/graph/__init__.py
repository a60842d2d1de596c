"""Graphs of figures over time, in braille: axes with units, several series, a cursor that reads them out."""

from limen_widgets.graph.chart import Chart, ChartData, SeriesData

__all__ = ["Chart", "ChartData", "SeriesData"]
