using FishCheckpoint.Reports;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Tasks;

namespace FishCheckpoint.Storage.Reports;

/// <summary>Reads a task's timeline: from point to point by the index of steps, so that what lies between costs nothing.</summary>
internal static class TimelineReporter
{
    private const int MostMetrics = 64;

    public static TimelineReport Of(CatalogConnection connection, string task, TimelineRequest request)
    {
        var (info, id) = (TaskTable.Info(connection, task), TaskTable.IdOf(connection, task));
        var first = Timeline.FirstStep(connection, id, request.From ?? 0);
        var last = Timeline.LastStep(connection, id, request.To ?? long.MaxValue);
        if (first is not { } from || last is not { } to || from > to)
        {
            return new TimelineReport(task, info.Checkpoints, 1, [], Timeline.Metrics(connection, id, MostMetrics));
        }

        // One point is kept for the last checkpoint.
        var stride = ((to - from - 1) / (request.Points - 1)) + 1;
        return new TimelineReport(
            task, info.Checkpoints, stride, Timeline.Points(connection, id, from, to, stride),
            Timeline.Metrics(connection, id, MostMetrics));
    }
}
