using FishCheckpoint.Reports;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Tasks;

namespace FishCheckpoint.Storage.Reports;

/// <summary>Reads growth off what each day has added; what there was at the end of a step is what there is now, less what came later.</summary>
internal static class GrowthReporter
{
    private static readonly int Epoch = DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;

    private static readonly GrowthSum None = new(0, 0, 0);

    public static GrowthReport Of(CatalogConnection connection, GrowthRequest request, DateTimeOffset now)
    {
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        var (steps, end) = (request.Steps(today), (request.To ?? today).DayNumber - Epoch);
        var (@base, task, name) = ScopeOf(connection, request);
        var grown = steps.Select(_ => None).ToArray();
        foreach (var (day, sum) in GrowthTable.Days(connection, @base, task, steps[0].DayNumber - Epoch, end))
        {
            var step = LastNotAfter(steps, day + Epoch);
            grown[step] += sum;
        }

        var left = GrowthTable.Now(connection, @base, task) - GrowthTable.After(connection, @base, task, end);
        var points = new GrowthPoint[steps.Count];
        for (var step = steps.Count - 1; step >= 0; step--)
        {
            var sum = grown[step];
            points[step] = new GrowthPoint(steps[step], sum.Checkpoints, sum.Logical, sum.Stored, left.Checkpoints, left.Logical, left.Stored);
            left -= sum;
        }

        return new GrowthReport(request.Task, name, request.Bucket, points);
    }

    private static (byte[] Base, long Task, string? BaseName) ScopeOf(CatalogConnection connection, GrowthRequest request)
    {
        if (request.Task is { } task)
        {
            var id = TaskTable.IdOf(connection, task);
            return (TaskRows.BaseOf(connection, id).ToArray(), id, null);
        }

        if (request.Base is not { } nameOrId)
        {
            return ([], 0, null);
        }

        var @base = BaseTable.Resolve(connection, nameOrId);
        return (@base.ToArray(), 0, BaseTable.NameOf(connection, @base));
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
