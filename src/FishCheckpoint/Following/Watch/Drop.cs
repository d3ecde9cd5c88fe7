using System.Globalization;
using System.Text.RegularExpressions;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Watch;

/// <summary>A version as it lies in the folder: the place of its model, and what its files look like from outside.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Step">Its step.</param>
/// <param name="Model">The file or folder of its model; <see langword="null"/> where there is none yet.</param>
/// <param name="Look">Names, lengths and times of the model's files: two equal looks are taken for the same content.</param>
internal sealed partial record Drop(string Name, long Step, string? Model, string Look)
{
    // Where trainers put the model within a checkpoint's folder: Hugging Face's at its top, verl beneath the actor.
    private static readonly string[] Places = ["", "actor/huggingface", "huggingface", "actor", "model", "hf_model"];

    /// <summary>Looks at the versions that are in a folder, by step.</summary>
    public static IReadOnlyList<Drop> All(string folder, DropNames names)
    {
        var found = new List<Drop>();
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos())
        {
            if (names.StepOf(entry.Name) is { } step && Of(entry, step) is { } drop)
            {
                found.Add(drop);
            }
        }

        return [.. found.OrderBy(drop => drop.Step).ThenBy(drop => drop.Name, StringComparer.Ordinal)];
    }

    private static Drop? Of(FileSystemInfo entry, long step)
    {
        try
        {
            if (!Directory.Exists(entry.FullName))
            {
                return IsTensors(entry.Name) ? new Drop(entry.Name, step, entry.FullName, LookOf([new FileInfo(entry.FullName)])) : null;
            }

            foreach (var place in Places)
            {
                var path = Path.Combine(entry.FullName, place);
                if (Directory.Exists(path) && FilesOf(path) is { Length: > 0 } files)
                {
                    return new Drop(entry.Name, step, IsWhole(files) ? path : null, LookOf(files));
                }
            }

            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It goes or moves just now: looked at again the next time.
            return null;
        }
    }

    private static FileInfo[] FilesOf(string folder)
    {
        var files = new DirectoryInfo(folder).GetFiles().Where(file => !file.Name.StartsWith('.') && (IsTensors(file.Name) || file.Name == ShardIndex.FileName)).ToArray();
        return Array.Exists(files, file => IsTensors(file.Name)) ? files : [];
    }

    // The names of shards say how many there are to be.
    private static bool IsWhole(FileInfo[] files) => files.Select(file => ShardName().Match(file.Name)).Where(match => match.Success)
        .GroupBy(match => match.Groups["of"].Value, StringComparer.Ordinal)
        .All(shards => int.TryParse(shards.Key, NumberStyles.None, CultureInfo.InvariantCulture, out var count) && shards.Count() == count);

    private static string LookOf(IEnumerable<FileInfo> files) => string.Join(
        '\n', files.OrderBy(file => file.Name, StringComparer.Ordinal).Select(file => $"{file.Name} {file.Length} {file.LastWriteTimeUtc.Ticks}"));

    private static bool IsTensors(string name) => name.EndsWith(".safetensors", StringComparison.Ordinal);

    [GeneratedRegex(@"-[0-9]{1,9}-of-(?<of>[0-9]{1,9})\.safetensors\z", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ShardName();
}
