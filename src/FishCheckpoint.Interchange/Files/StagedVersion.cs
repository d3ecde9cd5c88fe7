using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Files;

/// <summary>
/// A version in progress: a dot-folder that is synced and renamed when it is complete, so that a follower never sees a partial version. An
/// existing version must have the same content byte for byte.
/// </summary>
internal sealed class StagedVersion : IDisposable
{
    private readonly string place;
    private readonly string staging;
    private readonly List<string> files = [];

    /// <summary>Begins a version.</summary>
    /// <param name="place">The final path of its folder.</param>
    public StagedVersion(string place)
    {
        this.place = Path.GetFullPath(place);
        var parent = Path.GetDirectoryName(this.place)!;
        staging = Path.Combine(parent, $".{Path.GetFileName(this.place)}.{Guid.NewGuid():N}.tmp");
        Directory.CreateDirectory(staging);
    }

    /// <summary>Bytes of its files.</summary>
    public long Bytes { get; private set; }

    /// <summary>The temporary path of a file of the version.</summary>
    public string PathOf(string file) => Path.Combine(staging, file);

    /// <summary>Writes a file.</summary>
    /// <param name="file">Its name, with at most one folder before it.</param>
    /// <param name="write">Writes its content.</param>
    public void Write(string file, Action<FileStream> write)
    {
        using var stream = Create(file);
        write(stream);
        Seal(file, stream);
    }

    /// <summary>Writes a file.</summary>
    public async Task WriteAsync(string file, Func<FileStream, Task> write)
    {
        await using var stream = Create(file);
        await write(stream);
        Seal(file, stream);
    }

    /// <summary>Writes a small file.</summary>
    public void Write(string file, byte[] content) => Write(file, stream => stream.Write(content));

    /// <summary>Moves the version to its final path.</summary>
    /// <returns>Whether it is new.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.FolderTaken"/>: another version has the path.</exception>
    public bool Commit()
    {
        foreach (var folder in files.Select(file => Path.GetDirectoryName(PathOf(file))!).Append(staging).Distinct(StringComparer.Ordinal))
        {
            AtomicFile.SyncFolder(folder);
        }

        if (!Directory.Exists(place))
        {
            try
            {
                Directory.Move(staging, place);
                AtomicFile.SyncFolder(Path.GetDirectoryName(place)!);
                return true;
            }
            catch (IOException) when (Directory.Exists(place))
            {
                // Another process was faster; its content must be the same.
            }
        }

        SameFiles.Require(staging, place);
        return false;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Directory.Exists(staging))
        {
            Directory.Delete(staging, recursive: true);
        }
    }

    private FileStream Create(string file)
    {
        var path = PathOf(file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        return new FileStream(
            path, new FileStreamOptions
            {
                Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.Read, BufferSize = 1 << 16,
            });
    }

    private void Seal(string file, FileStream stream)
    {
        AtomicFile.SyncFile(stream);
        Bytes += stream.Length;
        files.Add(file);
    }
}
