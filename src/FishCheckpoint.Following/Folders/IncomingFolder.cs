using FishCheckpoint.Tensors;

namespace FishCheckpoint.Following.Folders;

/// <summary>
/// A model that is being pulled, under a name that readers skip until it is complete, verified and on disk. Disposing deletes it unless it
/// was moved to its final place.
/// </summary>
internal sealed class IncomingFolder : IDisposable
{
    private readonly string path;
    private bool placed;

    /// <summary>Creates the folder.</summary>
    public IncomingFolder(string path)
    {
        this.path = path;
        Directory.CreateDirectory(path);
    }

    /// <summary>Begins one of the model's files.</summary>
    public IncomingFile Create(string name, long length) => new(path, name, length);

    /// <summary>The path of a written file.</summary>
    public string PathOf(string name) => Path.Combine(path, name);

    /// <summary>Empties the folder so that the pull can start over in another way.</summary>
    public void Clear()
    {
        foreach (var entry in new DirectoryInfo(path).EnumerateFileSystemInfos())
        {
            if (entry is DirectoryInfo folder)
            {
                folder.Delete(recursive: true);
            }
            else
            {
                entry.Delete();
            }
        }
    }

    /// <summary>Moves the model to its final place, durably.</summary>
    /// <param name="place">The destination; nothing exists there.</param>
    /// <param name="manifest">The manifest to write.</param>
    public PulledFolder MoveTo(string place, PulledManifest manifest)
    {
        var content = manifest.ToBytes();
        using (var file = Create(PulledManifest.FileName, content.Length))
        {
            file.Write(content);
            file.Seal();
        }

        foreach (var folder in Directory.EnumerateDirectories(path, "*", SearchOption.AllDirectories).Append(path))
        {
            AtomicFile.SyncFolder(folder);
        }

        Directory.Move(path, place);
        placed = true;
        AtomicFile.SyncFolder(Path.GetDirectoryName(place)!);
        return new PulledFolder(place, manifest);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!placed)
        {
            Directory.Delete(path, recursive: true);
        }
    }
}
