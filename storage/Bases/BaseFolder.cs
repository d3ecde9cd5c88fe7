using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Storage.Bases;

/// <summary>The folder of bases' files, <c>bases/&lt;id&gt;/&lt;file&gt;</c>; uploads arrive in <c>tmp/</c>.</summary>
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
    /// <param name="temporary">This process's folder for temporary files.</param>
    /// <param name="limits">The limits and the form of added bases.</param>
    /// <param name="isReadOnly">Whether the data folder is read-only. The parent of the temporary folder then belongs to this store, and is
    /// deleted with it.</param>
    /// <param name="now">The time, which decides how old leftovers must be for removal.</param>
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

    /// <summary>Opens a folder for reading only.</summary>
    public static BaseFolder At(string dataFolder) =>
        new(dataFolder, Path.Combine(dataFolder, "tmp"), new BaseLimits(BaseCompression.None, 0, 0));

    /// <summary>The folder of a base in a data folder.</summary>
    public static string PathOf(string dataFolder, Digest id) => Path.Combine(dataFolder, "bases", id.ToString());

    /// <summary>The path of a base's file.</summary>
    /// <param name="id">The base.</param>
    /// <param name="file">The file's name, a path with <c>/</c>.</param>
    public string PathOf(Digest id, string file) => Path.Combine(bases, id.ToString(), file);

    /// <summary>Bytes of a base's file on disk; 0 if it is missing.</summary>
    public long LengthOf(Digest id, string file) => new FileInfo(PathOf(id, file)) is { Exists: true } found ? found.Length : 0;

    public IBaseBlocks Open(BaseContent content) => new BaseBlocks(content, this);

    public BaseDamage? Check(Digest id, BaseFile file, bool quick, Action<long>? read, CancellationToken cancellationToken)
    {
        var path = PathOf(id, file.Name);
        return quick ? BaseFileCheck.Quick(file, path) : BaseFileCheck.Full(file, path, cancellationToken, read);
    }

    public IEnumerable<ReadOnlyMemory<byte>> ReadFile(Digest id, BaseFile file, long offset, long length) =>
        PlainBlocks.ReadChecked(PathOf(id, file.Name), file, offset, length);

    public async Task<IReceivedBase> ReceiveAsync(IAsyncEnumerable<UploadFile> files, CancellationToken cancellationToken)
    {
        var upload = Directory.CreateDirectory(Path.Combine(temporary, $"{Guid.NewGuid():N}.base")).FullName;
        try
        {
            var receiver = new BaseReceiver(limits, upload);
            return new ReceivedBase(upload, await receiver.ReceiveAsync(files, cancellationToken), receiver.LeftOut);
        }
        catch
        {
            ReceivedBase.Remove(upload);
            throw;
        }
    }

    /// <summary>
    /// Moves an upload to its place durably, file by file, and replaces existing files, which have the same content, possibly damaged or
    /// incomplete. Adding a base again thus repairs it, and readers with an open file are not disturbed.
    /// </summary>
    /// <remarks>
    /// Call it in the transaction that inserts the base. If that runs again, the files are already in their place. A mark remains until
    /// <see cref="RemoveUnfinished"/>, which removes the files if the transaction never commits.
    /// </remarks>
    /// <exception cref="FishException"><see cref="ErrorCode.StorageUnavailable"/>: another process has removed files that an earlier run
    /// had moved.</exception>
    public void MoveIn(IReceivedBase received)
    {
        var (uploadFolder, content) = (((ReceivedBase)received).Folder, received.Content);
        var id = content.Id;
        File.WriteAllBytes(MarkOf(id), []);

        // The mark must be durable before the folder exists.
        AtomicFile.SyncFolder(bases);
        var target = Directory.CreateDirectory(Path.Combine(bases, id.ToString())).FullName;
        MoveFiles(uploadFolder, target);
        AtomicFile.SyncFolder(bases);
        AtomicFile.SyncFolder(Path.GetDirectoryName(bases)!);
        if (content.AllFiles.FirstOrDefault(file => !File.Exists(PathOf(id, file.Name))) is { } missing)
        {
            throw new FishException(
                ErrorCode.StorageUnavailable, missing.Name, "The file was removed from the store's folder during the upload.",
                "Send it again. Nothing was stored.");
        }
    }

    /// <summary>
    /// Marks a base as being deleted; <see cref="RemoveUnfinished"/> removes its files once the store has no such base. Call it in the
    /// transaction that deletes the base.
    /// </summary>
    public void MoveOut(Digest id)
    {
        File.WriteAllBytes(MarkOf(id), []);
        AtomicFile.SyncFolder(bases);
    }

    /// <summary>
    /// Removes the files of bases whose addition or deletion was interrupted, and the marks of added bases. Call it as the only writer, so
    /// that no base is being added.
    /// </summary>
    /// <param name="isKnown">Whether the store has a base.</param>
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

    /// <summary>Bases whose addition or deletion has started without a known end.</summary>
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
