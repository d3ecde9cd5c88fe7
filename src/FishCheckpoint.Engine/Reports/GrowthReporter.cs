using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Reports;

namespace FishCheckpoint.Engine.Reports;

/// <summary>Reports growth from the additions of each day. The total at a step is the present total minus later additions.</summary>
internal static class GrowthReporter
{
    private static readonly int Epoch = DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;

    private static readonly GrowthSum None = new(0, 0, 0);

    public static GrowthReport Of(ICatalogView view, GrowthRequest request, DateTimeOffset now)
    {
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        var (steps, end) = (request.Steps(today), (request.To ?? today).DayNumber - Epoch);
        var (@base, task, name) = ScopeOf(view, request);
        var grown = steps.Select(_ => None).ToArray();
        foreach (var (day, sum) in view.Growth.Days(@base, task, steps[0].DayNumber - Epoch, end))
        {
            var step = LastNotAfter(steps, day + Epoch);
            grown[step] += sum;
        }

        var left = view.Growth.Now(@base, task) - view.Growth.After(@base, task, end);
        var points = new GrowthPoint[steps.Count];
        for (var step = steps.Count - 1; step >= 0; step--)
        {
            var sum = grown[step];
            points[step] = new GrowthPoint(
                steps[step], sum.Checkpoints, sum.Logical, sum.Stored, left.Checkpoints, left.Logical, left.Stored);
            left -= sum;
        }

        return new GrowthReport(request.Task, name, request.Bucket, points);
    }

    private static (byte[] Base, long Task, string? BaseName) ScopeOf(ICatalogView view, GrowthRequest request)
    {
        if (request.Task is { } task)
        {
            var stored = view.Tasks.Stored(task) ?? throw TasksOfCatalog.Missing(task);
            return (stored.Base.ToArray(), stored.Id, null);
        }

        if (request.Base is not { } nameOrId)
        {
            return ([], 0, null);
        }

        var @base = view.Bases.Resolve(nameOrId);
        return (@base.ToArray(), 0, view.Bases.NameOf(@base));
    }

    private static int LastNotAfter(IReadOnlyList<DateOnly> steps, int day)
    {
        var (low, high) = (0, steps.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = steps[middle].DayNumber <= day ? (middle, high) : (low, middle - 1);
        }

        return low;
    }
}
