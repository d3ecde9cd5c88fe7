using FishCheckpoint.Reports;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Reads checkpoints and metrics along the steps of a task.</summary>
internal interface ITimelineRows
{
    /// <summary>The first step at or after the given one.</summary>
    long? FirstStep(long task, long from);

    /// <summary>The last step at or before the given one.</summary>
    long? LastStep(long task, long to);

    /// <summary>Samples of the checkpoints in a range, at least a stride apart, plus the last one.</summary>
    List<TimelinePoint> Points(long task, long from, long to, long stride);

    /// <summary>The lowest and highest value of each metric of a task, by name.</summary>
    List<MetricRange> Metrics(long task, int most);
}
