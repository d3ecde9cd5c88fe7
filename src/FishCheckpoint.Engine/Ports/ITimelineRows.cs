using FishCheckpoint.Reports;

namespace FishCheckpoint.Engine.Ports;

/// <summary>Questions about checkpoints and metrics along the steps of a task.</summary>
internal interface ITimelineRows
{
    /// <summary>The first step from one on.</summary>
    long? FirstStep(long task, long from);

    /// <summary>The last step up to one.</summary>
    long? LastStep(long task, long to);

    /// <summary>The first checkpoint from a step on, the next at least a stride after that, and so on, and the last one.</summary>
    List<TimelinePoint> Points(long task, long from, long to, long stride);

    /// <summary>The least and the greatest value of each metric of a task, by name.</summary>
    List<MetricRange> Metrics(long task, int most);
}
