using System.Formats.Tar;
using FishCheckpoint.Errors;

namespace FishCheckpoint.Tensors;

/// <summary>
/// The files of a folder that may belong to the model, without those that their place or name excludes. Bounded in depth and number.
/// </summary>
/// <param name="Folder">The folder.</param>
/// <param name="Files">The files, sorted by name.</param>
/// <param name="LeftOut">The skipped files.</param>
internal sealed record FolderListing(string Folder, IReadOnlyList<SideFile> Files, IReadOnlyList<LeftOutFile> LeftOut)
{
    private const int MaxEntries = 10_000;

    /// <summary>Subfolders that contain a separate model; <see cref="Files"/> excludes them.</summary>
    public IReadOnlyList<string> Models { get; private init; } = [];

    /// <summary>Lists a folder recursively.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.FileUnreadable"/>, <see cref="ErrorCode.TooLarge"/>.</exception>
    public static FolderListing Read(string folder)
    {
        var (files, leftOut, models) = (new List<SideFile>(), new List<LeftOutFile>(), new List<string>());
        var entries = EntriesOf(folder);
        var isPipeline = Array.Exists(entries, entry => entry.Name == "modules.json");
        foreach (var entry in entries)
        {
            var isFolder = IsFolder(entry);
            if (LeftOutRules.ReasonOf(entry.Name, isFolder) is { } reason)
            {
                leftOut.Add(new LeftOutFile(isFolder ? $"{entry.Name}/" : entry.Name, reason));
            }
            else if (!isFolder)
            {
                files.Add(new SideFile(entry.Name, entry.FullName));
            }
            else if (entry.LinkTarget is not null)
            {
                leftOut.Add(new LeftOutFile($"{entry.Name}/", "a link to a folder"));
            }
            else
            {
                // A sentence-transformers folder keeps small layers in numbered subfolders.
                var (inner, aside) = (new List<SideFile>(), new List<LeftOutFile>());
                var problem = Collect(entry.FullName, $"{entry.Name}/", 2, inner, aside);
                var isModel = inner.Exists(file => LeftOutRules.IsWeights(file.Name)) && !(isPipeline && char.IsAsciiDigit(entry.Name[0]));
                if (isModel)
                {
                    models.Add(entry.Name);
                }

                if (isModel || problem is not null)
                {
                    leftOut.Add(new LeftOutFile($"{entry.Name}/", isModel ? LeftOutRules.OtherModel : problem!));
                    continue;
                }

                files.AddRange(inner);
                leftOut.AddRange(aside);
            }
        }

        return new FolderListing(folder, files, leftOut) { Models = models };
    }

    /// <summary>Throws unless a path is a readable regular file.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.FileNotFound"/>, <see cref="ErrorCode.FileUnreadable"/>.</exception>
    public static void RequireRegular(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (file.LinkTarget is { } target && file.ResolveLinkTarget(returnFinalTarget: true) is not { Exists: true })
            {
                throw new FishException(
                    ErrorCode.FileNotFound, path, $"The file is a link to {target}, which does not exist.",
                    "Download the model again (a partly deleted Hub cache has such links), or remove the link.");
            }

            if (!file.Exists)
            {
                throw new FishException(ErrorCode.FileNotFound, path, "The file no longer exists.",
                    "Try again while nothing changes the folder.");
            }

            if (IsSpecial(path))
            {
                throw new FishException(ErrorCode.FileUnreadable, path, "The path is a pipe, a socket or a device, not a file.",
                    "Remove it from the folder.");
            }
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            throw Unreadable(path, error);
        }

        PositionalFile.OpenInput(path).Dispose();
    }

    /// <summary>The length of a file, or of a link's target.</summary>
    public static long LengthOf(string path) =>
        (File.ResolveLinkTarget(path, returnFinalTarget: true) as FileInfo ?? new FileInfo(path)).Length;

    private static string? Collect(string folder, string prefix, int depth, List<SideFile> files, List<LeftOutFile> leftOut)
    {
        foreach (var entry in EntriesOf(folder))
        {
            var (isFolder, name) = (IsFolder(entry), prefix + entry.Name);
            if (LeftOutRules.ReasonOf(entry.Name, isFolder) is { } reason && reason != LeftOutRules.OtherFormat)
            {
                leftOut.Add(new LeftOutFile(isFolder ? $"{name}/" : name, reason));
            }
            else if (!isFolder)
            {
                files.Add(new SideFile(name, entry.FullName));
            }
            else if (entry.LinkTarget is not null || depth > FilePaths.MaxSegments || !FilePaths.IsValid($"{name}/x"))
            {
                leftOut.Add(new LeftOutFile($"{name}/", entry.LinkTarget is not null ? "a link to a folder" : "too deep"));
            }
            else if (Collect(entry.FullName, $"{name}/", depth + 1, files, leftOut) is { } problem)
            {
                return problem;
            }

            if (files.Count + leftOut.Count > SideFile.MaxCount)
            {
                return $"more than {SideFile.MaxCount} files";
            }
        }

        return null;
    }

    private static FileSystemInfo[] EntriesOf(string folder)
    {
        try
        {
            var entries = new DirectoryInfo(folder).EnumerateFileSystemInfos().Take(MaxEntries + 1).ToArray();
            return entries.Length <= MaxEntries ? [.. entries.OrderBy(entry => entry.Name, StringComparer.Ordinal)]
                : throw new FishException(
                ErrorCode.TooLarge, folder, $"The folder has more than {MaxEntries} entries.",
                "Give the model's file, or a folder that contains only its files.");
        }
        catch (Exception error) when (error is UnauthorizedAccessException or IOException)
        {
            throw Unreadable(folder, error);
        }
    }

    private static bool IsFolder(FileSystemInfo entry) => entry is DirectoryInfo
        || (entry.LinkTarget is not null && Directory.Exists(entry.FullName));

    // Opening a pipe would block until a writer comes. A tar writer checks a file's type before it opens it.
    private static bool IsSpecial(string path)
    {
        if (LengthOf(path) > 0)
        {
            return false;
        }

        try
        {
            using var head = new MemoryStream();
            using (var writer = new TarWriter(head, TarEntryFormat.Pax, leaveOpen: true))
            {
                writer.WriteEntry(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path, "file");
            }

            head.Position = 0;
            using var reader = new TarReader(head);
            return reader.GetNextEntry()?.EntryType is not TarEntryType.RegularFile;
        }
        catch (IOException)
        {
            return true;
        }
    }

    private static FishException Unreadable(string path, Exception error) => new(
        ErrorCode.FileUnreadable, path, $"The file cannot be read: {error.Message}",
        "Check its permissions, and that no other program removes it.", error);
}
