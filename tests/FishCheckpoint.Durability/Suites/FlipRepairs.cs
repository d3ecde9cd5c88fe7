using FishCheckpoint.Durability.Children;
using FishCheckpoint.Durability.Stores;
using FishCheckpoint.Engine;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage;
using FishCheckpoint.Storage.Repairs;

namespace FishCheckpoint.Durability.Suites;

/// <summary>
/// One bit of each page of a small store flipped, and the store repaired: what could be read beside the flip is in the repaired store, and
/// where the page held no row,
/// all is.
/// </summary>
internal sealed class FlipRepairs(string original, string folder, IReadOnlyList<string> expected, SuiteResult result)
{
    private const int PageSize = 16384;

    private readonly IReadOnlyDictionary<int, string> withoutRows = PagePlaces.WithoutRows(Path.Combine(original, "fish.db"));

    public async Task RunAsync(ChildArguments work, Progress progress)
    {
        var (database, random) = (await File.ReadAllBytesAsync(Path.Combine(original, "fish.db")), new Random(2));
        var (data, repaired) = (Path.Combine(folder, "flipped"), Path.Combine(folder, "repaired"));
        foreach (var file in Directory.EnumerateFiles(original, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(original, path)))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(data, file))!);
            File.Copy(Path.Combine(original, file), Path.Combine(data, file));
        }

        for (var page = 1; page <= database.Length / PageSize && !progress.IsOver; page++)
        {
            var at = ((page - 1) * PageSize) + random.Next(PageSize);
            database[at] ^= (byte)(1 << (at % 8));
            await File.WriteAllBytesAsync(Path.Combine(data, "fish.db"), database);
            var where = $"page {page} ({withoutRows.GetValueOrDefault(page, "rows, or none")}), byte {at % PageSize}";
            try
            {
                var refused = withoutRows.ContainsKey(page) ? [] : await RefusedAsync(work with { Folder = data });
                File.Delete(Path.Combine(data, "fish.db-wal"));
                File.Delete(Path.Combine(data, "fish.db-shm"));
                await File.WriteAllBytesAsync(Path.Combine(data, "fish.db"), database);
                var report = await StoreRepair.RunAsync(new RepairOptions { DataFolder = data, To = repaired });
                await CompareAsync(work with { Folder = repaired }, refused, report, where);
                result.Count($"repairs: one bit of {withoutRows.GetValueOrDefault(page, "another page")}");
            }
            catch (FishException error)
            {
                result.Find($"{where}: not repaired: {error.Message}");
            }

            database[at] ^= (byte)(1 << (at % 8));
            Directory.Delete(repaired, recursive: true);
        }
    }

    private async Task<HashSet<string>> RefusedAsync(ChildArguments work)
    {
        var refused = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            await using var store = await SqliteCheckpointStore.OpenAsync(work.ToOptions());
            foreach (var line in expected.Where(line => !line.StartsWith("deleted ", StringComparison.Ordinal)))
            {
                if (await LineAsync(store, line) != line)
                {
                    refused.Add(line);
                }
            }
        }
        catch (FishException)
        {
            refused.UnionWith(expected);
        }

        return refused;
    }

    private async Task CompareAsync(ChildArguments work, HashSet<string> refused, RepairReport report, string where)
    {
        await using var store = await SqliteCheckpointStore.OpenAsync(work.ToOptions());
        var lost = 0;
        foreach (var line in expected.Where(line => line.StartsWith("step ", StringComparison.Ordinal)))
        {
            var found = await LineAsync(store, line);
            result.Count($"checkpoints after a repair: {(found == line ? "the same" : found is null ? "lost" : "with less")}");
            lost += found is null ? 1 : 0;
            if (found != line && !refused.Contains(line))
            {
                result.Find($"{where}: {found ?? "nothing"} in the place of {line}");
            }
        }

        if (lost > 0 && report.Quarantined.Count == 0)
        {
            result.Find($"{where}: {lost} lost, and the report does not tell");
        }

        if (refused.Count == 0 && await StoreProbe.LinesAsync(store) is var lines && !lines.SequenceEqual(expected))
        {
            result.Find(
                $"{where}: {string.Join("; ", lines.Except(expected))} in the place of {string.Join("; ", expected.Except(lines))}");
        }

        if (withoutRows.ContainsKey(int.Parse(where.Split(' ')[1])) && report.Quarantined.Count > 0)
        {
            result.Find($"{where}: nothing is lost, and the report has {report.Quarantined[0].Key}: {report.Quarantined[0].Problem}");
        }
    }

    private static async Task<string?> LineAsync(CheckpointStore store, string line)
    {
        try
        {
            return await FlippedProbe.LineAsync(store, line);
        }
        catch (FishException)
        {
            return null;
        }
    }
}
