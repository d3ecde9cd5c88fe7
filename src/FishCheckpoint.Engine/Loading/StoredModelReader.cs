using System.IO.Pipelines;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Loading;

/// <summary>Reads a base, a checkpoint or a branch point as files, rebuilt while they are read. Owns its snapshot.</summary>
internal sealed class StoredModelReader : IModelReader
{
    private readonly ICatalogSession snapshot;
    private readonly OpenedState state;
    private readonly TaskContext task;
    private readonly IBaseStore bases;
    private readonly RestorePlan plan;
    private readonly IReadOnlyList<StoredSideFile> own;
    private readonly byte[]? index;

    public StoredModelReader(
        ICatalogSession snapshot, OpenedState state, TaskContext task, IBaseStore bases, ModelFiles output, CheckpointInfo? checkpoint)
    {
        (this.snapshot, this.state, this.task, this.bases, Checkpoint) = (snapshot, state, task, bases, checkpoint);
        plan = new RestorePlan(task.Layout, output, state.Links);
        own = snapshot.View.SideFiles.Of(state.Checkpoint?.SideSet);
        index = output.Files.Count > 1 && !IsOwn(ShardIndex.FileName) && !(HasIndex && SameShards(output, task.Base.Files))
            ? ShardIndex.Create(output) : null;
        Files = [.. ModelFilesOf(output).Concat(SideFilesOf()).OrderBy(file => file.Name, StringComparer.Ordinal)];
    }

    public Layout Layout => task.Layout.Layout;

    public IReadOnlyList<RestoredFile> Files { get; }

    public CheckpointInfo? Checkpoint { get; }

    /// <summary>The cost of a full restore.</summary>
    public RestoreCost Cost => plan.Cost;

    private bool HasIndex => task.Base.AllFiles.Any(file => file.Name == ShardIndex.FileName);

    private bool IsOwn(string file) => own.Any(other => other.Name == file);

    // Whether the base's own index still has the right file of each tensor.
    private static bool SameShards(ModelFiles left, ModelFiles right) =>
        left.Files.Select(file => file.Name).SequenceEqual(right.Files.Select(file => file.Name))
        && left.Layout.Bytes == right.Layout.Bytes && left.Layout.Tensors.Count == right.Layout.Tensors.Count
        && left.Layout.Tensors.Select((tensor, number) => right.Layout.TryIndexOf(tensor.Name, out var other)
            && left.PlaceOf(number).File == right.PlaceOf(other).File).All(same => same);

    public async Task CopyToAsync(string file, long offset, long length, PipeWriter destination,
        CancellationToken cancellationToken = default)
    {
        var found = this.FileOf(file);
        if (offset < 0 || length < 0 || offset > found.Bytes - length)
        {
            throw new FishException(
                ErrorCode.RangeInvalid, file, $"The range lies outside the file's {found.Bytes} bytes.",
                "Request a range inside the file.");
        }

        if (plan.Output.Files.Select((item, number) => (item, number))
            .FirstOrDefault(pair => pair.item.Name == file) is { item: not null } model)
        {
            await RestoreWriter.CopyAsync(
                plan.SegmentsOf(model.number, offset, length), model.item.Header.ToFileBytes(), state.Reader, destination,
                cancellationToken);
        }
        else if (own.FirstOrDefault(other => other.Name == file) is { } side)
        {
            await CopyOwnAsync(side, offset, length, destination, cancellationToken);
        }
        else if (file == ShardIndex.FileName && index is not null)
        {
            await destination.WriteAsync(index.AsMemory((int)offset, (int)length), cancellationToken);
        }
        else
        {
            foreach (var part in bases.ReadFile(task.Base.Id, task.Base.FileOf(file), offset, length))
            {
                await destination.WriteAsync(part, cancellationToken);
            }
        }
    }

    public async Task CopyTensorAsync(string tensor, PipeWriter destination, CancellationToken cancellationToken = default)
    {
        if (!Layout.TryIndexOf(tensor, out var number))
        {
            throw new FishException(
                ErrorCode.TensorUnknown, tensor, "The model has no such tensor.", "List its tensors from the file's header.");
        }

        await RestoreWriter.CopyAsync(RestorePlan.SegmentsOfTensor(Layout, number), default, state.Reader, destination, cancellationToken);
    }

    public ValueTask DisposeAsync()
    {
        state.Dispose();
        snapshot.Dispose();
        return ValueTask.CompletedTask;
    }

    private IEnumerable<RestoredFile> ModelFilesOf(ModelFiles output) => output.Files.Select(file => task.IsBase
        ? new RestoredFile(file.Name, file.Header.FileLength, task.Base.FileOf(file.Name).Sha256, task.Base.FileOf(file.Name).Sha256)
        : new RestoredFile(
            file.Name, file.Header.FileLength, StateIdentity.OfFile(state.Identity, file.Header.ToFileBytes()),
            output.Files.Count == 1 ? state.Checkpoint?.FileDigest : null));

    // The checkpoint's own files and the remaining ones of the base. The index is generated if the shards differ from the base's.
    private IEnumerable<RestoredFile> SideFilesOf()
    {
        if (index is not null)
        {
            yield return new RestoredFile(ShardIndex.FileName, index.Length, Digest.Of(index), Digest.Of(index));
        }

        foreach (var file in own)
        {
            yield return new RestoredFile(file.Name, file.Bytes, file.Sha256, file.Sha256);
        }

        var shards = plan.Output.Files.Count > 1;
        foreach (var file in task.Base.AllFiles.Where(file => file.Header is null && !own.Any(other => Overlaps(other.Name, file.Name))))
        {
            if (file.Name != ShardIndex.FileName || (shards && index is null))
            {
                yield return new RestoredFile(file.Name, file.Bytes, file.Sha256, file.Sha256);
            }
        }
    }

    // Equal names, or one is a folder of the other's path.
    private static bool Overlaps(string own, string other) =>
        own == other || own.StartsWith($"{other}/", StringComparison.Ordinal) || other.StartsWith($"{own}/", StringComparison.Ordinal);

    private async Task CopyOwnAsync(StoredSideFile file, long offset, long length, PipeWriter destination,
        CancellationToken cancellationToken)
    {
        using var content = StoredContent.Open(snapshot.View, file.Frame, $"{state.Checkpoint?.Label}: {file.Name}", null);
        var buffer = new byte[Blocks.Size];
        while (length > 0 && content.Read(buffer) is var read and > 0)
        {
            var skipped = (int)Math.Min(read, offset);
            var part = (int)Math.Min(read - skipped, length);
            (offset, length) = (offset - skipped, length - part);
            if (part > 0)
            {
                await destination.WriteAsync(buffer.AsMemory(skipped, part), cancellationToken);
            }
        }
    }
}
