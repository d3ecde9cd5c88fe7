using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Interchange.Import;

/// <summary>Saves versions one after another, each based on its parent.</summary>
internal sealed class VersionSaver(IFishStore store, IVersionFormat format, ImportOptions options, VersionSteps steps)
{
    // The store encodes again on its own parent and proves the result; on the way the frames are verified by digests.
    private static readonly CodecOptions Passing = new() { Effort = CodecEffort.Runs, Prove = false };

    private long? before;

    /// <summary>Saves a version.</summary>
    /// <exception cref="FishException">It is damaged, hostile or does not fit; nothing is saved.</exception>
    public async Task<ImportedVersion> SaveAsync(FoundVersion version, CancellationToken cancellation)
    {
        var step = await steps.OfAsync(version, cancellation);
        if (options.OnlyNew && await steps.FindAsync(version.Name, cancellation) is { } there)
        {
            var info = await store.Checkpoints.GetAsync(options.Task, StepRef.At(there), cancellation);
            before = there;
            return new ImportedVersion(version.Name, there, version.IsFull, Created: false, info.Changed, info.StoredBytes);
        }

        var saved = version.IsFull ? await SaveFullAsync(version, step, cancellation) : await SaveDeltaAsync(version, step, cancellation);
        await steps.NoteAsync(version, step, cancellation);
        before = step;
        return new ImportedVersion(version.Name, step, version.IsFull, saved.Created, saved.Value.Changed, saved.Value.StoredBytes);
    }

    private async Task<Saved<CheckpointInfo>> SaveFullAsync(FoundVersion version, long step, CancellationToken cancellation)
    {
        var model = await Task.Run(() => format.OpenFull(version, options), cancellation);
        try
        {
            if (format.KeepsFiles)
            {
                return await store.Checkpoints.SaveAsync(
                    options.Task, step, new CheckpointContent.Full(model), OptionsOf(version, ParentChoice.Auto),
                    cancellation);
            }

            await using var below = await ParentOfAsync(before, cancellation);
            using var delta = new FullDelta(model, below.Model.Layout, options.MaxHeaderLength);
            return await SaveOnAsync(below, delta, version, step, cancellation);
        }
        catch (FishException error) when (error.Code is ErrorCode.LayoutMismatch or ErrorCode.DtypeMismatch or ErrorCode.ShapeMismatch
                or ErrorCode.TensorUnknown or ErrorCode.TensorMissing)
        {
            // The store reports the tensor, but not its version.
            throw new FishException(error.Code, $"{version.Key}: {error.Key}", error.Cause, error.Hint, error);
        }
        finally
        {
            model.Dispose();
        }
    }

    private async Task<Saved<CheckpointInfo>> SaveDeltaAsync(FoundVersion version, long step, CancellationToken cancellation)
    {
        var parent = await BaseOfAsync(version, cancellation);
        await using var below = await ParentOfAsync(parent, cancellation);
        using var delta = await Task.Run(() => format.OpenDelta(version, below.Model.Layout, options), cancellation);
        return await SaveOnAsync(below, delta, version, step, cancellation);
    }

    private async Task<Saved<CheckpointInfo>> SaveOnAsync(
        ImportParent below, IVersionDelta delta, FoundVersion version, long step, CancellationToken cancellation)
    {
        using var encoded = await Task.Run(() => Encode(below, delta, version, cancellation), cancellation);
        return await store.Checkpoints.SaveAsync(
            options.Task, step, new CheckpointContent.Encoded(encoded), OptionsOf(version, below.Choice), cancellation);
    }

    private SaveOptions OptionsOf(FoundVersion version, ParentChoice parent) => new() { Parent = parent,
        Metadata = format.MetadataOf(version, options) };

    private EncodedDelta Encode(ImportParent below, IVersionDelta delta, FoundVersion version, CancellationToken cancellation)
    {
        var state = new PatchedState(below.Model, delta, version.Key);
        state.CheckWhole(cancellation);
        using var reader = new PatchedDelta(state, cancellation);
        return DeltaEncoder.Encode(reader, null, below.State, Passing, options.SpoolFolder, cancellation);
    }

    // The step of a delta's parent; null: the task's start.
    private async Task<long?> BaseOfAsync(FoundVersion version, CancellationToken cancellation)
    {
        if (version.Base is not { } name)
        {
            return null;
        }

        if (!VersionName.Same(name, version.Name) && await steps.FindAsync(name, cancellation) is { } step)
        {
            return step;
        }

        return VersionName.Same(name, options.BaseVersion) ? null : throw new FishException(
            ErrorCode.VersionNotFound, version.Key,
            $"The delta's parent is the version {name}, which is neither in the folder nor in the task.",
            $"Add that version, or set the base version to it; now it is {options.BaseVersion}.");
    }

    private async Task<ImportParent> ParentOfAsync(long? step, CancellationToken cancellation)
    {
        if (step is not { } at)
        {
            return new ImportParent(await store.States.OpenBranchPointAsync(options.Task, cancellation), ParentChoice.Auto, default);
        }

        var info = await store.Checkpoints.GetAsync(options.Task, StepRef.At(at), cancellation);
        return new ImportParent(await store.States.OpenAsync(options.Task, StepRef.At(at), cancellation), ParentChoice.At(at), info.State);
    }

    private sealed record ImportParent(IModelReader Model, ParentChoice Choice, Digest State) : IAsyncDisposable
    {
        public ValueTask DisposeAsync() => Model.DisposeAsync();
    }
}
