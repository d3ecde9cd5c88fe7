using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Bases;

/// <summary>Where the bases' files lie: <c>bases/&lt;id&gt;/&lt;file&gt;</c>, and <c>tmp/</c> for what is on its way.</summary>
internal sealed class BaseFolder : IBaseStore
{
    private const string Adding = ".adding";

    private readonly string bases;
    private readonly string temporary;
    private readonly BaseLimits limits;
    private readonly TemporaryFolder? owned;
    private readonly string? elsewhere;

    private BaseFolder(string dataFolder, string temporary, BaseLimits limits) =>
        (bases, this.temporary, this.limits) = (Path.Combine(dataFolder, "bases"), temporary, limits);

    /// <summary>Opens the bases of a data folder.</summary>
    /// <param name="dataFolder">The data folder.</param>
    /// <param name="temporary">This process's folder for temporary files, which it takes.</param>
    /// <param name="limits">What bases are taken.</param>
    /// <param name="isReadOnly">Whether nothing is made in the data folder: the folder above the temporary one is then this store's alone,
    /// and goes with it.</param>
    /// <param name="now">The time, by which leftovers are too old to be somebody's.</param>
    public BaseFolder(string dataFolder, string temporary, BaseLimits limits, bool isReadOnly, DateTimeOffset now)
        : this(dataFolder, temporary, limits)
    {
        if (isReadOnly)
        {
            elsewhere = Path.GetDirectoryName(temporary);
        }
        else
        {
            Directory.CreateDirectory(bases);
        }

        owned = TemporaryFolder.Own(temporary, now);
    }

    /// <summary>The folder of a store that is only read: nothing is made or removed there.</summary>
    public static BaseFolder At(string dataFolder) =>
        new(dataFolder, Path.Combine(dataFolder, "tmp"), new BaseLimits(BaseCompression.None, 0, 0));

    /// <summary>The folder of a base in a data folder.</summary>
    public static string PathOf(string dataFolder, Digest id) => Path.Combine(dataFolder, "bases", id.ToString());

    /// <summary>Where a file of a base lies.</summary>
    /// <param name="id">The base.</param>
    /// <param name="file">The file's name, a path divided by <c>/</c>.</param>
    public string PathOf(Digest id, string file) => Path.Combine(bases, id.ToString(), file);

    /// <summary>Bytes that a base's file takes, compressed or not; 0 where it is missing.</summary>
    public long LengthOf(Digest id, string file) => new FileInfo(PathOf(id, file)) is { Exists: true } found ? found.Length : 0;

    public IBaseBlocks Open(BaseContent content) => new BaseBlocks(content, this);

    public BaseDamage? Check(Digest id, BaseFile file, bool quick, Action<long>? read, CancellationToken cancellation)
    {
        var path = PathOf(id, file.Name);
        return quick ? BaseFileCheck.Quick(file, path) : BaseFileCheck.Full(file, path, cancellation, read);
    }

    public IEnumerable<ReadOnlyMemory<byte>> ReadFile(Digest id, BaseFile file, long offset, long length) =>
        PlainBlocks.ReadChecked(PathOf(id, file.Name), file, offset, length);

    public async Task<IReceivedBase> ReceiveAsync(IAsyncEnumerable<UploadFile> files, CancellationToken cancellation)
    {
        var upload = Directory.CreateDirectory(Path.Combine(temporary, $"{Guid.NewGuid():N}.base")).FullName;
        try
        {
            var receiver = new BaseReceiver(limits, upload);
            return new ReceivedBase(upload, await receiver.ReceiveAsync(files, cancellation), receiver.LeftOut);
        }
        catch
        {
            ReceivedBase.Remove(upload);
            throw;
        }
    }

    /// <summary>
    /// Moves a whole upload to its place, durably, file by file over what is there: the same content, whole, damaged, or left half by a
    /// crash. So adding a base again mends it, and readers that have a file open are not disturbed.
    /// </summary>
    /// <remarks>
    /// In the transaction that makes the base known, which may be taken back and run again: what was moved the first time is in its place
    /// then, and the mark that stays until <see cref="RemoveUnfinished"/> removes it where the store never knows it.
    /// </remarks>
    /// <exception cref="FishException"><see cref="ErrorCode.StorageUnavailable"/>: another process has removed what was moved the first
    /// time.</exception>
    public void MoveIn(IReceivedBase received)
    {
        var (uploadFolder, content) = (((ReceivedBase)received).Folder, received.Content);
        var id = content.Id;
        File.WriteAllBytes(MarkOf(id), []);

        // Before there is a folder that nobody would know of without the mark.
        AtomicFile.SyncFolder(bases);
        var target = Directory.CreateDirectory(Path.Combine(bases, id.ToString())).FullName;
        MoveFiles(uploadFolder, target);
        AtomicFile.SyncFolder(bases);
        AtomicFile.SyncFolder(Path.GetDirectoryName(bases)!);
        if (content.AllFiles.FirstOrDefault(file => !File.Exists(PathOf(id, file.Name))) is { } missing)
        {
            throw new FishException(
                ErrorCode.StorageUnavailable, missing.Name, "The file was removed from the store's folder while the base was added.",
                "Send it again; nothing was stored.");
        }
    }

    /// <summary>Says that a base is going: <see cref="RemoveUnfinished"/> removes its files once the store no longer knows it. In the
    /// transaction that deletes it.</summary>
    public void MoveOut(Digest id)
    {
        File.WriteAllBytes(MarkOf(id), []);
        AtomicFile.SyncFolder(bases);
    }

    /// <summary>
    /// Removes the files of bases that were being added or deleted when something ended it, and the marks of those that were added: alone
    /// among writers, so that nobody is adding one.
    /// </summary>
    /// <param name="isKnown">Whether the store knows a base.</param>
    public void RemoveUnfinished(Func<Digest, bool> isKnown)
    {
        foreach (var id in Unfinished())
        {
            var target = Path.Combine(bases, id.ToString());
            if (Directory.Exists(target))
            {
                if (isKnown(id))
                {
                    foreach (var folder in Directory.EnumerateDirectories(target, "*", SearchOption.AllDirectories).Prepend(target))
                    {
                        AtomicFile.Recover(folder);
                    }
                }
                else
                {
                    Directory.Delete(target, recursive: true);
                    AtomicFile.SyncFolder(bases);
                }
            }

            File.Delete(MarkOf(id));
        }
    }

    /// <summary>Bases whose adding or deletion has begun, and of which it was not yet seen how it ended.</summary>
    public IReadOnlyList<Digest> Unfinished() =>
    [
        .. Directory.EnumerateFiles(bases, "*" + Adding)
            .Select(mark => Digest.TryParse(Path.GetFileNameWithoutExtension(mark), out var id) ? id : default).Where(id => id != default),
    ];

    public void Dispose()
    {
        owned?.Dispose();
        if (elsewhere is not null)
        {
            Directory.Delete(elsewhere, recursive: true);
        }
    }

    private static void MoveFiles(string from, string to)
    {
        AtomicFile.Recover(to);
        foreach (var file in Directory.EnumerateFiles(from))
        {
            AtomicFile.Replace(file, Path.Combine(to, Path.GetFileName(file)));
        }

        foreach (var folder in Directory.EnumerateDirectories(from))
        {
            MoveFiles(folder, Directory.CreateDirectory(Path.Combine(to, Path.GetFileName(folder))).FullName);
        }

        AtomicFile.SyncFolder(to);
    }

    private string MarkOf(Digest id) => Path.Combine(bases, id + Adding);
}
