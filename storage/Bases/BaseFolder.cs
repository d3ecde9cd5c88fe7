using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Bases;

/// <summary>Where the bases' files lie: <c>bases/&lt;id&gt;/&lt;file&gt;</c>, and <c>tmp/</c> for what is on its way.</summary>
internal sealed class BaseFolder
{
    private static readonly TimeSpan LeftoverAge = TimeSpan.FromDays(1);

    private readonly string bases;
    private readonly string temporary;

    private BaseFolder(string bases, string temporary) => (this.bases, this.temporary) = (bases, temporary);

    public BaseFolder(StoreOptions options)
        : this(Path.Combine(options.DataFolder, "bases"), options.TemporaryFolder)
    {
        Directory.CreateDirectory(bases);
        Directory.CreateDirectory(temporary);
        RemoveLeftovers(options.Time.GetUtcNow() - LeftoverAge);
    }

    /// <summary>The folder of a store that is only read: nothing is made or removed there.</summary>
    public static BaseFolder At(string dataFolder) => new(Path.Combine(dataFolder, "bases"), Path.Combine(dataFolder, "tmp"));

    /// <summary>The folder of a base in a data folder.</summary>
    public static string PathOf(string dataFolder, Digest id) => Path.Combine(dataFolder, "bases", id.ToString());

    public string PathOf(Digest id, string file) => Path.Combine(bases, id.ToString(), file);

    /// <summary>Bytes that a base's file takes, compressed or not; 0 where it is missing.</summary>
    public long LengthOf(Digest id, string file) => new FileInfo(PathOf(id, file)) is { Exists: true } found ? found.Length : 0;

    public string CreateUploadFolder() => Directory.CreateDirectory(Path.Combine(temporary, $"{Guid.NewGuid():N}.base")).FullName;

    /// <summary>
    /// Moves a whole upload to its place, durably, file by file over what is there: the same content, whole, damaged, or left half by a crash.
    /// So adding a base again mends it, and readers that have a file open are not disturbed.
    /// </summary>
    public void MoveIn(string uploadFolder, Digest id)
    {
        var target = Directory.CreateDirectory(Path.Combine(bases, id.ToString())).FullName;
        foreach (var file in Directory.EnumerateFiles(uploadFolder))
        {
            File.Move(file, Path.Combine(target, Path.GetFileName(file)), overwrite: true);
        }

        AtomicFile.SyncFolder(target);
        AtomicFile.SyncFolder(bases);
    }

    // What a killed process left behind. Younger things may belong to a process that runs.
    private void RemoveLeftovers(DateTimeOffset before)
    {
        foreach (var entry in new DirectoryInfo(temporary).EnumerateFileSystemInfos().Where(entry => entry.LastWriteTimeUtc < before.UtcDateTime))
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
}
