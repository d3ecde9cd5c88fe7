using FishCheckpoint.Durability.Children;
using FishCheckpoint.Durability.Operations;
using FishCheckpoint.Durability.Stores;
using FishCheckpoint.Errors;
using FishCheckpoint.Storage;
using FishCheckpoint.Storage.Sqlite.Pages;

namespace FishCheckpoint.Durability.Suites;

/// <summary>Every byte of a small store, each flipped in turn: whatever is read then is what was saved, or refused by an error of the
/// store's own.
/// Of each page of the database one bit, and the store repaired: what the page did not hold is rescued.</summary>
/// <param name="folder">A folder for the stores; in memory, best.</param>
public sealed class BitFlipSuite(string folder)
{
    private static readonly ChildArguments Work = new("", Script.Seed, 0, Script.Length);

    private readonly SuiteResult result = new();
    private IReadOnlyList<string> expected = [];

    /// <summary>Flips every n-th byte.</summary>
    public async Task<SuiteResult> RunAsync(int stride, Progress progress)
    {
        var original = Path.Combine(folder, "original");
        await MakeAsync(original);
        var files = Directory.EnumerateFiles(original, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(original, path))
            .Order(StringComparer.Ordinal).ToArray();
        FlipPages(await File.ReadAllBytesAsync(Path.Combine(original, "fish.db")));
        await new FlipRepairs(original, folder, expected, result).RunAsync(Work, progress);
        var flips = files.SelectMany(
            file => Steps(new FileInfo(Path.Combine(original, file)).Length, stride).Select(at => (File: file, At: at))).ToArray();

        // In no order, so that a run that is ended early has looked everywhere.
        new Random(1).Shuffle(flips);
        await Task.WhenAll(Enumerable.Range(0, 2).Select(worker => Task.Run(async () =>
        {
            var copy = Path.Combine(folder, $"copy-{worker}");
            Copy(original, copy, files);
            for (var index = worker; index < flips.Length && !progress.IsOver; index += 2)
            {
                await FlipAsync(original, copy, flips[index].File, flips[index].At);
                if (index % 1000 == 0)
                {
                    progress.Report($"{index} of {flips.Length}");
                }
            }
        })));
        return result;
    }

    // Every bit of the database, by its page's checksum alone: that takes seconds, reading everything after each flip hours.
    private void FlipPages(byte[] database)
    {
        const int pageSize = 16384;
        Parallel.For(0, database.Length / pageSize, number =>
        {
            var page = database.AsSpan(number * pageSize, pageSize).ToArray();
            for (var bit = 0; bit < pageSize * 8; bit++)
            {
                page[bit / 8] ^= (byte)(1 << (bit % 8));
                if (PageSum.IsRight(page, number + 1))
                {
                    result.Find($"page {number + 1}, bit {bit}: its checksum is still right");
                }

                page[bit / 8] ^= (byte)(1 << (bit % 8));
            }

            result.Count("bits of the database, each flipped beside its page's checksum", pageSize * 8);
            if (!PageSum.IsRight(page, number + 1))
            {
                result.Find($"page {number + 1} has no right checksum to begin with");
            }
        });
    }

    private static IEnumerable<long> Steps(long length, int stride)
    {
        for (var at = stride / 2L; at < length; at += stride)
        {
            yield return at;
        }
    }

    // The script, bases of both kinds, and no log: an orderly close copies all into the database.
    private async Task MakeAsync(string data)
    {
        var scratch = Directory.CreateDirectory(Path.Combine(folder, "scratch")).FullName;
        var model = new StoreModel();
        for (var number = 0; number < Script.Length; number++)
        {
            await using var store = await SqliteCheckpointStore.OpenAsync(
                (Work with { Folder = data, Dense = number % 2 == 1 }).ToOptions());
            var operation = Script.At(Script.Seed, number);
            model.Apply(operation, await new Performer(store, scratch).PerformAsync(operation));
        }

        expected = model.Lines();
        Directory.Delete(Path.Combine(data, "tmp"), recursive: true);
    }

    private static void Copy(string from, string to, IEnumerable<string> files)
    {
        foreach (var file in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(to, file))!);
            File.Copy(Path.Combine(from, file), Path.Combine(to, file), overwrite: true);
        }
    }

    private async Task FlipAsync(string original, string copy, string file, long at)
    {
        var bytes = await File.ReadAllBytesAsync(Path.Combine(original, file));
        bytes[at] ^= (byte)(1 << (int)(at % 8));
        await File.WriteAllBytesAsync(Path.Combine(copy, file), bytes);
        var (kind, where) = (file == "fish.db" ? "the database" : "bases", $"{file}, byte {at}");
        try
        {
            var (same, refused) = await ReadAsync(Work with { Folder = copy }, where);
            result.Count($"flips in {kind}");
            var outcome = refused == 0 ? "harmless" : same == 0 ? "detected, nothing readable" : "detected, the rest readable";
            result.Count($"flips in {kind}: {outcome}");
        }
        catch (Exception error) when (error is not FishException)
        {
            result.Find(
                $"{where}: {error.GetType().Name}: {error.Message} "
                + $"{error.StackTrace?.Split('\n').FirstOrDefault(line => line.Contains("FishCheckpoint", StringComparison.Ordinal))}");
        }

        File.Copy(Path.Combine(original, file), Path.Combine(copy, file), overwrite: true);
        File.Delete(Path.Combine(copy, "fish.db-wal"));
        File.Delete(Path.Combine(copy, "fish.db-shm"));
    }

    // Reads everything, each by itself, and counts how many are the same and how many are refused.
    private async Task<(int Same, int Refused)> ReadAsync(ChildArguments work, string where)
    {
        var (same, refused) = (0, 0);
        try
        {
            await using var store = await SqliteCheckpointStore.OpenAsync(work.ToOptions());
            foreach (var line in expected)
            {
                try
                {
                    var found = await FlippedProbe.LineAsync(store, line);
                    same += found == line ? 1 : 0;
                    if (found != line)
                    {
                        result.Find($"{where}: served as good: {found} for {line}");
                    }
                }
                catch (FishException error) when (error.Kind is not (ErrorKind.NotFound or ErrorKind.Conflict))
                {
                    refused++;
                }
                catch (FishException error)
                {
                    result.Find($"{where}: {line}: {error.Message}");
                }
            }

            refused += await FlippedProbe.ListsAsync(store, expected, found => result.Find($"{where}: {found}"));
        }
        catch (FishException)
        {
            refused++;
        }

        return (same, refused);
    }
}
