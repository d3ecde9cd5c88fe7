using System.Runtime.InteropServices;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Maintenance;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Storage.Bases;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Backups;

/// <summary>Copies the files of all bases that a database names, each compared with its digest where it has arrived.</summary>
/// <param name="source">The folder of bases that they come from.</param>
/// <param name="target">The data folder that they go to.</param>
/// <param name="link">Whether they are linked where that can be.</param>
/// <param name="meter">Counts the bytes of files that were copied, or were there.</param>
internal sealed partial class BaseCopy(BaseFolder source, string target, bool link, ProgressReporter meter)
{
    private readonly List<DamagedFrame> damaged = [];

    public long Copied { get; private set; }

    public long Linked { get; private set; }

    public long Kept { get; private set; }

    public long Bytes { get; private set; }

    public IReadOnlyList<DamagedFrame> Damaged => damaged;

    /// <summary>Bytes of all files that a database names.</summary>
    public static long BytesOf(CatalogConnection connection) => connection.Scalar<long>("SELECT coalesce(sum(bytes), 0) FROM base_files");

    public void Run(CatalogConnection copied, CancellationToken cancellation)
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
                Copy(id, file, path, cancellation);
            }

            foreach (var inner in Directory.EnumerateDirectories(folder, "*", SearchOption.AllDirectories).Prepend(folder))
            {
                AtomicFile.SyncFolder(inner);
            }
        }

        AtomicFile.SyncFolder(Directory.CreateDirectory(Path.Combine(target, "bases")).FullName);
    }

    // What an earlier backup has whole is never replaced, least of all by what has been damaged since.
    private void Copy(Digest id, BaseFile file, string path, CancellationToken cancellation)
    {
        if (File.Exists(path) && BaseFileCheck.Full(file, path, cancellation) is null)
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

        // No file of a base has a name that begins so.
        var arriving = Path.Combine(Path.GetDirectoryName(path)!, $".{Guid.NewGuid():N}");
        try
        {
            var linked = link && TryLink(from, arriving);
            var bytes = linked ? 0 : CopyFile(from, arriving, meter, cancellation);
            if (BaseFileCheck.Full(file, arriving, cancellation) is { } damage)
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

    /// <summary>Copies a file, synced.</summary>
    public static long CopyFile(string from, string to, ProgressReporter meter, CancellationToken cancellation)
    {
        using var reading = PositionalFile.OpenStream(from);
        using var writing = new FileStream(to, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 0);
        var buffer = new byte[Blocks.Size];
        while (reading.Read(buffer) is var read and > 0)
        {
            cancellation.ThrowIfCancellationRequested();
            writing.Write(buffer, 0, read);
            meter.Add(read);
        }

        AtomicFile.SyncFile(writing);
        return writing.Length;
    }

    // Windows, another file system, or one that knows no links: it is copied then.
    private static bool TryLink(string from, string to) => !OperatingSystem.IsWindows() && Link(from, to) == 0;

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Link(string from, string to);
}
