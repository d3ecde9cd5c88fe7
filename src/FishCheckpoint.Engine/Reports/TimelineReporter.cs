using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Reports;

namespace FishCheckpoint.Engine.Reports;

/// <summary>Reports a task's timeline by index lookups, so that skipped checkpoints cost nothing.</summary>
internal static class TimelineReporter
{
    private const int MaxMetrics = 64;

    public static TimelineReport Of(ICatalogView view, string task, TimelineRequest request)
    {
        var (info, id) = (view.Tasks.Info(task), view.Tasks.IdOf(task));
        var first = view.Timeline.FirstStep(id, request.From ?? 0);
        var last = view.Timeline.LastStep(id, request.To ?? long.MaxValue);
        if (first is not { } from || last is not { } to || from > to)
        {
            return new TimelineReport(task, info.Checkpoints, 1, [], view.Timeline.Metrics(id, MaxMetrics));
        }

        // One point is reserved for the last checkpoint.
        var stride = ((to - from - 1) / (request.Points - 1)) + 1;
        return new TimelineReport(
            task, info.Checkpoints, stride, view.Timeline.Points(id, from, to, stride), view.Timeline.Metrics(id, MaxMetrics));
    }
}
