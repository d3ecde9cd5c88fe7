using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Files;

/// <summary>
/// A version that is one file: hidden beside its place, synced and renamed when it is whole. One that is there already has to be the same.
/// </summary>
internal sealed class StagedFile : IDisposable
{
    private readonly string place;
    private readonly string staging;

    /// <summary>Begins a file.</summary>
    /// <param name="place">Where it is to appear. Its folder is made if it is not there.</param>
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

    /// <summary>The content being written.</summary>
    public FileStream Stream { get; }

    /// <summary>Gives the file its place.</summary>
    /// <returns>Whether it is new there.</returns>
    /// <exception cref="Errors.FishException"><see cref="Errors.ErrorCode.FolderTaken"/>: something else has the place.</exception>
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
                // Another one was faster: it has to have written the same.
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
