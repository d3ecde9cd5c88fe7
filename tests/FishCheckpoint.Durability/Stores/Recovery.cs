using FishCheckpoint.Durability.Children;
using FishCheckpoint.Durability.Operations;
using FishCheckpoint.Storage;

namespace FishCheckpoint.Durability.Stores;

/// <summary>Brings back all that is deleted, in a copy of a store, and compares each bit with the model.</summary>
public static class Recovery
{
    /// <summary>Recovers everything.</summary>
    /// <param name="work">The store, which nobody has open.</param>
    /// <param name="held">What it holds.</param>
    /// <param name="scratch">A folder for the copy.</param>
    /// <returns>What is wrong.</returns>
    public static async Task<IReadOnlyList<string>> CheckAsync(ChildArguments work, StoreModel held, string scratch)
    {
        var (wrong, whole, folder) = (new List<string>(), held.Clone(), Path.Combine(scratch, $"recovered-{Guid.NewGuid():N}"));
        StoreCopy.Make(work.Folder, folder);
        await using (var store = await SqliteCheckpointStore.OpenAsync((work with { Folder = folder }).ToOptions()))
        {
            foreach (var recovery in held.Recoveries)
            {
                var (outcome, expected) = (await new Performer(store, scratch).PerformAsync(recovery), whole.Apply(recovery));
                if (outcome != expected)
                {
                    wrong.Add($"{recovery} ended with {outcome}, not {expected}");
                }
            }

            var (lines, there) = (whole.Lines(), await StoreProbe.LinesAsync(store));
            if (!lines.SequenceEqual(there))
            {
                wrong.Add(
                    $"after recovery: missing [{string.Join("; ", lines.Except(there))}], there instead "
                    + $"[{string.Join("; ", there.Except(lines))}]");
            }

            wrong.AddRange((await StoreAudit.RunAsync(store)).Select(found => $"after recovery: {found}"));
        }

        Directory.Delete(folder, recursive: true);
        return wrong;
    }
}

/// <summary>Copies the folder of a store that nobody has open.</summary>
public static class StoreCopy
{
    public static void Make(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var path = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.Copy(file, path);
        }
    }
}
