using System.Security.Cryptography;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Saving;

/// <summary>
/// The side files of a save: hashed, and encoded unless the store has them. A file with the same name and bytes as one of the base is not
/// stored again.
/// </summary>
internal sealed class PreparedSideFiles : IDisposable
{
    private readonly List<(string Name, Digest Sha256)> files = [];
    private readonly Dictionary<Digest, (FrameWriter Writer, NewFrame Frame, long Bytes)> encoded = [];

    private PreparedSideFiles()
    {
    }

    /// <summary>The id of the checkpoint's own side files; <see langword="null"/> if it has only the base's.</summary>
    public Digest? Set => StoredSideFile.SetOf(files);

    /// <summary>The frames that they may insert.</summary>
    public IEnumerable<NewFrame> NewFrames => encoded.Values.Select(made => made.Frame);

    /// <summary>Reads the side files of a save.</summary>
    /// <param name="view">A snapshot; files that it contains are not encoded again.</param>
    /// <param name="task">The task.</param>
    /// <param name="model">The names of the model's own files, which no side file may have.</param>
    /// <param name="sent">The files with their bytes.</param>
    /// <param name="known">The digests of files that the store must already have, by name.</param>
    /// <param name="options">The compression.</param>
    /// <param name="cancellationToken">Cancels the work.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.NameInvalid"/>, <see cref="ErrorCode.TooLarge"/>,
    /// <see cref="ErrorCode.SideFileUnknown"/>; <see cref="ErrorCode.FileNotFound"/> or <see cref="ErrorCode.FileUnreadable"/> for the
    /// input.</exception>
    public static async Task<PreparedSideFiles> EncodeAsync(
        ICatalogView view, TaskContext task, ModelFiles model, IReadOnlyList<SideFile> sent,
        IReadOnlyDictionary<string, Digest> known, EngineOptions options, CancellationToken cancellationToken)
    {
        Check([.. sent.Select(file => file.Name), .. known.Keys], model);
        var prepared = new PreparedSideFiles();
        try
        {
            var total = known.Sum(file => prepared.AddKnown(view, task, file.Key, file.Value));
            foreach (var file in sent)
            {
                total = await prepared.AddAsync(view, task, file, total, options, cancellationToken);
            }

            return prepared;
        }
        catch
        {
            prepared.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Attaches them to a new checkpoint, in the caller's transaction. Returns the bytes that the checkpoint accounts for.
    /// </summary>
    /// <exception cref="ReferenceGoneException">A content that was stored has been deleted since.</exception>
    public long Attach(ICatalogWriter writer, long checkpoint)
    {
        if (Set is not { } set)
        {
            return 0;
        }

        writer.SideFiles.SetSet(checkpoint, set);
        foreach (var (name, sha256) in files)
        {
            var id = writer.SideFiles.Find(sha256)?.Id ?? Insert(writer, checkpoint, sha256);
            writer.SideFiles.ClaimBytes(id, checkpoint);
            writer.SideFiles.InsertInSet(set, name, id);
        }

        return writer.SideFiles.BytesOfCheckpoint(checkpoint);
    }

    /// <summary>Replaces damaged frames by whole ones, in the caller's transaction.</summary>
    public void Repair(ICatalogWriter writer)
    {
        foreach (var (sha256, (_, frame, _)) in encoded)
        {
            if (writer.SideFiles.Find(sha256) is var (id, existing))
            {
                var before = NewFrame.BytesOf(writer.Frames.Open(existing));
                writer.Frames.Replace(existing, frame);
                writer.SideFiles.Account(writer.SideFiles.OwnerOf(id), frame.Bytes - before);
            }
        }
    }

    /// <summary>Throws if a checkpoint has other side files.</summary>
    /// <exception cref="FishException"><see cref="ErrorCode.StepTaken"/>.</exception>
    public void RequireSame(ICatalogView view, CheckpointRow row)
    {
        if (Set == row.SideSet)
        {
            return;
        }

        var stored = view.SideFiles.Of(row.SideSet).Select(file => (file.Name, file.Sha256)).ToHashSet();
        var other = stored.Except(files).Concat(files.Except(stored)).Select(file => file.Name).Order(StringComparer.Ordinal).First();
        throw new FishException(
            ErrorCode.StepTaken, row.Label, $"The step already has a checkpoint of the same model with another side file {other}.",
            "Save another step, or delete that checkpoint first.");
    }

    public void Dispose()
    {
        foreach (var (writer, _, _) in encoded.Values)
        {
            writer.Dispose();
        }
    }

    private static void Check(string[] all, ModelFiles model)
    {
        if (all.Length > SideFile.MaxCount)
        {
            throw new FishException(ErrorCode.TooLarge, "side files",
                $"The save has {all.Length} side files; the limit is {SideFile.MaxCount}.", "Send only the needed ones.");
        }

        var names = new FolderNames();
        foreach (var name in all)
        {
            names.Add(name);
            if (ModelFiles.IsName(name) || model.Files.Any(weights => weights.Name == name))
            {
                throw new FishException(ErrorCode.NameInvalid, name, "A side file has the name of a model file.",
                    "Rename the side file.");
            }
        }
    }

    // Searches only the task's own checkpoints and base, so that a digest gives no access to another task's file. A damaged file must be
    // sent again.
    private long AddKnown(ICatalogView view, TaskContext task, string name, Digest sha256)
    {
        if (IsOfBase(task, name, sha256))
        {
            return 0;
        }

        if (view.SideFiles.Find(sha256) is not var (id, frame) || !view.SideFiles.IsOf(id, task.Id)
            || !FrameCheck.IsSoundBytes(view, frame))
        {
            throw new FishException(
                ErrorCode.SideFileUnknown, name,
                $"Neither a checkpoint of '{task.Name}' nor its base has this file with the digest {sha256}.", "Send the file.");
        }

        files.Add((name, sha256));
        return view.SideFiles.BytesOf(id);
    }

    private static bool IsOfBase(TaskContext task, string name, Digest sha256) =>
        task.Base.AllFiles.Any(known => known.Header is null && known.Name == name && known.Sha256 == sha256);

    private async Task<long> AddAsync(
        ICatalogView view, TaskContext task, SideFile file, long total, EngineOptions options, CancellationToken cancellationToken)
    {
        using var content = PositionalFile.OpenInput(file.Path);
        total += content.Length;
        if (content.Length > SideFile.MaxBytes || total > SideFile.MaxTotalBytes)
        {
            throw new FishException(
                ErrorCode.TooLarge, file.Name,
                $"The limits are {SideFile.MaxBytes >> 20} MiB per side file and {SideFile.MaxTotalBytes >> 20} MiB per checkpoint.",
                "Omit large files.");
        }

        var sha256 = Digest.From(await SHA256.HashDataAsync(content, cancellationToken));
        if (IsOfBase(task, file.Name, sha256))
        {
            return total;
        }

        files.Add((file.Name, sha256));
        if (encoded.ContainsKey(sha256) || (view.SideFiles.Find(sha256) is var (_, frame) && FrameCheck.IsSoundBytes(view, frame)))
        {
            return total;
        }

        content.Position = 0;
        var writer = new FrameWriter(FrameKind.Bytes, options.TemporaryFolder);
        encoded.Add(sha256, (writer, null!, 0));
        var made = await BytesCoder.EncodeAsync(content, options.Codec, writer, SideFile.MaxBytes, cancellationToken);
        var head = FrameHead.Parse(made.Head);
        encoded[sha256] = (writer, NewFrame.OfBytes(made), head.Count);
        return head.Digests[0] == sha256 ? total
            : throw new FishException(
                ErrorCode.FileUnreadable, file.Path, "The file changed while it was read.", "Try again when no program writes to it.");
    }

    private long Insert(ICatalogWriter writer, long checkpoint, Digest sha256)
    {
        if (!encoded.TryGetValue(sha256, out var made))
        {
            throw new ReferenceGoneException();
        }

        var frame = writer.Frames.Insert(made.Frame);
        writer.SideFiles.Account(checkpoint, made.Frame.Bytes);
        return writer.SideFiles.Insert(sha256, made.Bytes, frame, checkpoint);
    }
}
