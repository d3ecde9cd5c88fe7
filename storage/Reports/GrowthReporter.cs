using FishCheckpoint.Reports;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Tasks;

namespace FishCheckpoint.Storage.Reports;

/// <summary>Reads growth off what each day has added; what there was at the end of a step is what there is now, less what came later.</summary>
internal static class GrowthReporter
{
    private static readonly int Epoch = DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;

    private static readonly Sum None = new(0, 0, 0);

    public static GrowthReport Of(CatalogConnection connection, GrowthRequest request, DateTimeOffset now)
    {
        var today = DateOnly.FromDateTime(now.UtcDateTime);
        var (steps, end) = (request.Steps(today), (request.To ?? today).DayNumber - Epoch);
        var (@base, task, name) = ScopeOf(connection, request);
        var grown = steps.Select(_ => None).ToArray();
        foreach (var (day, sum) in Days(connection, @base, task, steps[0].DayNumber - Epoch, end))
        {
            var step = LastNotAfter(steps, day + Epoch);
            grown[step] += sum;
        }

        var left = connection.Single(
            "SELECT 0, checkpoints, logical_bytes, position_bytes + value_bytes + state_bytes FROM totals WHERE base = $0 AND task = $1", ReadSum, @base, task)!
            - Later(connection, @base, task, end);
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
            return (connection.Scalar<byte[]>("SELECT base FROM tasks WHERE id = $0", id), id, null);
        }

        if (request.Base is not { } nameOrId)
        {
            return ([], 0, null);
        }

        var @base = BaseTable.Resolve(connection, nameOrId);
        return (@base.ToArray(), 0, BaseTable.NameOf(connection, @base));
    }

    private static List<(int Day, Sum Sum)> Days(CatalogConnection connection, byte[] @base, long task, int first, int last) => connection.Query(
        "SELECT day, checkpoints, logical_bytes, stored_bytes FROM growth WHERE base = $0 AND task = $1 AND day BETWEEN $2 AND $3",
        row => (row.GetInt32(0), ReadSum(row)), @base, task, first, last);

    private static Sum Later(CatalogConnection connection, byte[] @base, long task, int last) => connection.Single(
        "SELECT 0, total(checkpoints), total(logical_bytes), total(stored_bytes) FROM growth WHERE base = $0 AND task = $1 AND day > $2",
        row => new Sum((long)row.GetDouble(1), (long)row.GetDouble(2), (long)row.GetDouble(3)), @base, task, last)!;

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

    private static Sum ReadSum(CatalogRow row) => new(row.GetInt64(1), row.GetInt64(2), row.GetInt64(3));

    private sealed record Sum(long Checkpoints, long Logical, long Stored)
    {
        public static Sum operator +(Sum left, Sum right) => new(
            left.Checkpoints + right.Checkpoints, left.Logical + right.Logical, left.Stored + right.Stored);

        public static Sum operator -(Sum left, Sum right) => new(
            left.Checkpoints - right.Checkpoints, left.Logical - right.Logical, left.Stored - right.Stored);
    }
}
