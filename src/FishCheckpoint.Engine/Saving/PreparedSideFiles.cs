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
/// The side files that came with a save: digested, and encoded where the store does not have them. A file that the base has by the same
/// name with the same bytes is not kept again: the base's is served.
/// </summary>
internal sealed class PreparedSideFiles : IDisposable
{
    private readonly List<(string Name, Digest Sha256)> files = [];
    private readonly Dictionary<Digest, (FrameWriter Writer, NewFrame Frame, long Bytes)> encoded = [];

    private PreparedSideFiles()
    {
    }

    /// <summary>The identity of the checkpoint's own side files; <see langword="null"/>: the base's are all that it has.</summary>
    public Digest? Set => StoredSideFile.SetOf(files);

    /// <summary>The frames that they may insert.</summary>
    public IEnumerable<NewFrame> NewFrames => encoded.Values.Select(made => made.Frame);

    /// <summary>Reads the side files of a save.</summary>
    /// <param name="view">A snapshot: what is stored there is not encoded again.</param>
    /// <param name="task">The task.</param>
    /// <param name="model">The names of the model's own files, which no side file may have.</param>
    /// <param name="sent">The files whose bytes came.</param>
    /// <param name="known">The digests of those that the store is to have, by name.</param>
    /// <param name="options">Compression.</param>
    /// <param name="cancellation">Ends the work early.</param>
    /// <exception cref="FishException"><see cref="ErrorCode.NameInvalid"/>, <see cref="ErrorCode.TooLarge"/>,
    /// <see cref="ErrorCode.SideFileUnknown"/>;
    /// <see cref="ErrorCode.FileNotFound"/>, <see cref="ErrorCode.FileUnreadable"/>: the input's fault.</exception>
    public static async Task<PreparedSideFiles> EncodeAsync(
        ICatalogView view, TaskContext task, ModelFiles model, IReadOnlyList<SideFile> sent,
        IReadOnlyDictionary<string, Digest> known, EngineOptions options, CancellationToken cancellation)
    {
        Check([.. sent.Select(file => file.Name), .. known.Keys], model);
        var prepared = new PreparedSideFiles();
        try
        {
            var total = known.Sum(file => prepared.AddKnown(view, task, file.Key, file.Value));
            foreach (var file in sent)
            {
                total = await prepared.AddAsync(view, task, file, total, options, cancellation);
            }

            return prepared;
        }
        catch
        {
            prepared.Dispose();
            throw;
        }
    }

    /// <summary>Gives them to a checkpoint that was just written, in the caller's transaction.</summary>
    /// <exception cref="ReferenceGoneException">A content that was stored is gone since.</exception>
    public long Give(ICatalogWriter writer, long checkpoint)
    {
        if (Set is not { } set)
        {
            return 0;
        }

        writer.SideFiles.SetSet(checkpoint, set);
        foreach (var (name, sha256) in files)
        {
            var id = writer.SideFiles.Find(sha256)?.Id ?? Insert(writer, checkpoint, sha256);
            writer.SideFiles.TakeOver(id, checkpoint);
            writer.SideFiles.InsertInSet(set, name, id);
        }

        return writer.SideFiles.BytesOfCheckpoint(checkpoint);
    }

    /// <summary>Puts whole frames in the place of damaged ones, in the caller's transaction.</summary>
    public void Mend(ICatalogWriter writer)
    {
        foreach (var (sha256, (_, frame, _)) in encoded)
        {
            if (writer.SideFiles.Find(sha256) is var (id, existing))
            {
                var before = FrameSize.Of(writer.Frames.Open(existing));
                writer.Frames.Replace(existing, frame);
                writer.SideFiles.Account(writer.SideFiles.OwnerOf(id), frame.Bytes - before);
            }
        }
    }

    /// <summary>Refuses a checkpoint that has other side files.</summary>
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
            ErrorCode.StepTaken, row.Label, $"The step holds a checkpoint of the same model with other side files: {other} differs.",
            "Checkpoints never change: save another step, or delete it first.");
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
                $"There are {all.Length} side files; at most {SideFile.MaxCount} are kept.", "Send the needed ones only.");
        }

        var names = new FolderNames();
        foreach (var name in all)
        {
            names.Add(name);
            if (ModelFiles.IsName(name) || model.Files.Any(weights => weights.Name == name))
            {
                throw new FishException(ErrorCode.NameInvalid, name, "A side file has the name of a file of tensors.",
                    "Give it another name.");
            }
        }
    }

    // Of the task's own checkpoints and base alone: a digest gives nobody what another task has. A damaged one is sent again.
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
        ICatalogView view, TaskContext task, SideFile file, long total, EngineOptions options, CancellationToken cancellation)
    {
        using var content = PositionalFile.OpenInput(file.Path);
        total += content.Length;
        if (content.Length > SideFile.MaxBytes || total > SideFile.MaxTotalBytes)
        {
            throw new FishException(
                ErrorCode.TooLarge, file.Name,
                $"A side file has at most {SideFile.MaxBytes >> 20} MiB, and all of a checkpoint at most {SideFile.MaxTotalBytes >> 20} "
                    + "MiB.", "Leave large files out.");
        }

        var sha256 = Digest.From(await SHA256.HashDataAsync(content, cancellation));
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
        var made = await BytesCoder.EncodeAsync(content, options.Codec, writer, SideFile.MaxBytes, cancellation);
        var head = FrameHead.Parse(made.Head);
        encoded[sha256] = (writer, NewFrame.OfBytes(made), head.Count);
        return head.Digests[0] == sha256 ? total
            : throw new FishException(
                ErrorCode.FileUnreadable, file.Path, "The file changed while it was read.", "Try again when nothing writes to it.");
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
