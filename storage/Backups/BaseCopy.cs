using System.Runtime.InteropServices;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Maintenance;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Storage.Bases;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Backups;

/// <summary>Copies the files of all bases in a database, and compares each copy with its digest.</summary>
/// <param name="source">The folder of bases to copy from.</param>
/// <param name="target">The data folder to copy to.</param>
/// <param name="link">Whether to link files if possible.</param>
/// <param name="meter">Counts the bytes of copied and existing files.</param>
internal sealed partial class BaseCopy(BaseFolder source, string target, bool link, ProgressReporter meter)
{
    private readonly List<DamagedFrame> damaged = [];

    public long Copied { get; private set; }

    public long Linked { get; private set; }

    public long Kept { get; private set; }

    public long Bytes { get; private set; }

    public IReadOnlyList<DamagedFrame> Damaged => damaged;

    /// <summary>Bytes of all files of bases in a database.</summary>
    public static long BytesOf(CatalogConnection connection) => connection.Scalar<long>("SELECT coalesce(sum(bytes), 0) FROM base_files");

    public void Run(CatalogConnection copied, CancellationToken cancellationToken)
    {
        foreach (var id in copied.Query("SELECT id FROM bases ORDER BY id", row => row.Digest(0)))
        {
            var files = copied.Rows.Bases.Content(id).AllFiles;
            FolderNames.CheckAll(files.Select(file => file.Name));
            var folder = Directory.CreateDirectory(BaseFolder.PathOf(target, id)).FullName;
            foreach (var left in Directory.EnumerateFiles(folder, ".*", SearchOption.AllDirectories))
            {
                File.Delete(left);
            }

            foreach (var file in files)
            {
                var path = Path.Combine(folder, file.Name);
                Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                Copy(id, file, path, cancellationToken);
            }

            foreach (var inner in Directory.EnumerateDirectories(folder, "*", SearchOption.AllDirectories).Prepend(folder))
            {
                AtomicFile.SyncFolder(inner);
            }
        }

        AtomicFile.SyncFolder(Directory.CreateDirectory(Path.Combine(target, "bases")).FullName);
    }

    // A whole file of an earlier backup is never replaced, least of all by one that has been damaged since.
    private void Copy(Digest id, BaseFile file, string path, CancellationToken cancellationToken)
    {
        if (File.Exists(path) && BaseFileCheck.Full(file, path, cancellationToken) is null)
        {
            Kept++;
            meter.Add(file.Bytes);
            return;
        }

        var from = source.PathOf(id, file.Name);
        if (!File.Exists(from))
        {
            damaged.Add(new DamagedFrame($"base {id}/{file.Name}", "CORRUPT_BASE: The file is missing."));
            return;
        }

        // No file of a base has a name that starts with a dot.
        var arriving = Path.Combine(Path.GetDirectoryName(path)!, $".{Guid.NewGuid():N}");
        try
        {
            var linked = link && TryLink(from, arriving);
            var bytes = linked ? 0 : CopyFile(from, arriving, meter, cancellationToken);
            if (BaseFileCheck.Full(file, arriving, cancellationToken) is { } damage)
            {
                damaged.Add(new DamagedFrame($"base {id}/{file.Name}", damage.Problem));
                return;
            }

            AtomicFile.Replace(arriving, path);
            (Copied, Linked, Bytes) = linked ? (Copied, Linked + 1, Bytes) : (Copied + 1, Linked, Bytes + bytes);
        }
        finally
        {
            File.Delete(arriving);
        }
    }

    /// <summary>Copies a file and syncs it.</summary>
    public static long CopyFile(string from, string to, ProgressReporter meter, CancellationToken cancellationToken)
    {
        using var reading = PositionalFile.OpenStream(from);
        using var writing = new FileStream(to, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        var buffer = new byte[Blocks.Size];
        while (reading.Read(buffer) is var read and > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            writing.Write(buffer, 0, read);
            meter.Add(read);
        }

        AtomicFile.SyncFile(writing);
        return writing.Length;
    }

    // On Windows, across file systems or without support for links the file is copied.
    private static bool TryLink(string from, string to) => !OperatingSystem.IsWindows() && Link(from, to) == 0;

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string from, string to);
}
