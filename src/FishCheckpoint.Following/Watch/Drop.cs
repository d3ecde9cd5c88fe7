using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Watch;

/// <summary>A version that a trainer wrote to the folder: the path of its model and the metadata of its files.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Step">Its step.</param>
/// <param name="Model">The file or folder of its model.</param>
/// <param name="Problem">Why there is no complete model; <see langword="null"/>: it is complete.</param>
/// <param name="Look">Names, lengths and times of the version's files. Two equal values count as the same content.</param>
internal sealed record Drop(string Name, long Step, string Model, FishException? Problem, string Look)
{
    // Where trainers put the model in a checkpoint's folder: Hugging Face at its top, verl beneath the actor.
    private static readonly string[] Places = ["", "actor/huggingface", "huggingface", "actor", "model", "hf_model"];

    private static readonly string[] Endings = [".safetensors", ".bin", ".pt", ".pth"];

    /// <summary>Lists the versions in a folder, by step.</summary>
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
                return IsModelFile(entry.Name)
                    ? new Drop(entry.Name, step, entry.FullName, null, LookOf([new FileInfo(entry.FullName)])) : null;
            }

            FishException? problem = null;
            foreach (var path in Places.Select(place => Path.Combine(entry.FullName, place)).Where(Directory.Exists))
            {
                try
                {
                    var contents = FolderContents.Read(path);
                    return new Drop(entry.Name, step, path, null, LookOf(contents));
                }
                catch (FishException error)
                {
                    // The first folder with a part of a model explains its problem; a folder without any may still contain one that has it.
                    problem = error.Code == ErrorCode.FileNotFound ? problem ?? error : error;
                    if (error.Code != ErrorCode.FileNotFound)
                    {
                        break;
                    }
                }
            }

            var files = new DirectoryInfo(entry.FullName).GetFiles("*", SearchOption.AllDirectories);
            return files.Length == 0 ? null : new Drop(entry.Name, step, entry.FullName, problem, LookOf(files));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Deleted or moved at this moment; the next check sees the result.
            return null;
        }
    }

    private static string LookOf(FolderContents contents) =>
        LookOf(contents.Weights.Select(name => new FileInfo(Path.Combine(contents.Folder, name)))
        .Concat(contents.SideFiles.Select(file => new FileInfo(file.Path))));

    private static string LookOf(IEnumerable<FileInfo> files) => string.Join(
        '\n', files.OrderBy(file => file.Name, StringComparer.Ordinal)
            .Select(file => $"{file.Name} {file.Length} {file.LastWriteTimeUtc.Ticks}"));

    private static bool IsModelFile(string name) => Endings.Any(ending => name.EndsWith(ending, StringComparison.Ordinal));
}
