using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Files;

/// <summary>
/// A version in one file: written under a temporary dot-name, synced and renamed when it is complete. An existing file must have the same
/// content.
/// </summary>
internal sealed class StagedFile : IDisposable
{
    private readonly string place;
    private readonly string staging;

    /// <summary>Begins a file.</summary>
    /// <param name="place">Its final path. The folder is created if missing.</param>
    public StagedFile(string place)
    {
        this.place = Path.GetFullPath(place);
        var folder = Path.GetDirectoryName(this.place)!;
        if (!Directory.Exists(folder))
        {
            Directory.CreateDirectory(folder);
            AtomicFile.SyncFolder(Path.GetDirectoryName(folder)!);
        }

        staging = Path.Combine(folder, $".{Path.GetFileName(this.place)}.{Guid.NewGuid():N}.tmp");
        Stream = new FileStream(
            staging, new FileStreamOptions
            {
                Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.Read, BufferSize = 1 << 16,
            });
    }

    /// <summary>The stream to write to.</summary>
    public FileStream Stream { get; }

    /// <summary>Moves the file to its final path.</summary>
    /// <returns>Whether it is new.</returns>
    /// <exception cref="Errors.FishException"><see cref="Errors.ErrorCode.FolderTaken"/>: another version has the path.</exception>
    public bool Commit()
    {
        AtomicFile.SyncFile(Stream);
        Stream.Dispose();
        if (!File.Exists(place))
        {
            try
            {
                File.Move(staging, place, overwrite: false);
                AtomicFile.SyncFolder(Path.GetDirectoryName(place)!);
                return true;
            }
            catch (IOException) when (File.Exists(place))
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
        Stream.Dispose();
        File.Delete(staging);
    }
}
