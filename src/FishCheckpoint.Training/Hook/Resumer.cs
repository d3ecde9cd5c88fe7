using System.IO.Pipelines;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Errors;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>
/// Restores a model and its trainer state from the newest intact checkpoint; without one, the model from the task's branch point.
/// </summary>
internal sealed class Resumer(IFishStore store, string task, ITrainingModel model, HookTask opening, CheckpointHookOptions options)
{
    private readonly List<string> warnings = [];
    private readonly List<long> damaged = [];
    private OpenedTask? opened;

    /// <summary>Skipped checkpoints so far.</summary>
    public IReadOnlyList<string> Warnings => warnings;

    /// <summary>The steps of damaged checkpoints.</summary>
    public IReadOnlyList<long> Damaged => damaged;

    /// <summary>The last readable step after the restored one; <see langword="null"/> for none.</summary>
    public long? Later { get; private set; }

    private bool IsBranch => opened!.Info.BranchPoint is not null;

    /// <summary>
    /// Restores the model from the newest intact checkpoint. If the task has none yet and branches from another task, restores the branch
    /// point.
    /// </summary>
    /// <param name="from">The newest checkpoint to try; <see langword="null"/> for the latest.</param>
    /// <param name="check">Refuses a trainer state that does not fit the run's parts, before anything is changed.</param>
    /// <param name="cancellation">Cancels the resume; the model then has parts of several states.</param>
    /// <returns>The checkpoint and its trainer state, both of one save; <see langword="null"/> if the task has none.</returns>
    /// <exception cref="FishException"><see cref="ErrorCode.CheckpointChanged"/>: a step was replaced twice while it was read;
    /// <see cref="ErrorCode.DigestMismatch"/>, <see cref="ErrorCode.ServerUnavailable"/>: data was damaged on the way. The cause reports
    /// whether the model was changed.</exception>
    public async Task<(CheckpointInfo Checkpoint, TrainerState? State)?> RestoreAsync(
        StepRef? from, Action<TrainerState?> check, CancellationToken cancellation)
    {
        opened = await opening.OpenToResumeAsync(cancellation);
        try
        {
            return await RestoreOnceAsync(from, check, cancellation);
        }
        catch (FishException error) when (error.Code == ErrorCode.CheckpointChanged)
        {
            Warn($"{error.Message} Reading it again.");
            return await RestoreOnceAsync(from, check, cancellation);
        }
    }

    private async Task<(CheckpointInfo Checkpoint, TrainerState? State)?> RestoreOnceAsync(
        StepRef? from, Action<TrainerState?> check, CancellationToken cancellation)
    {
        damaged.Clear();
        FishException? damage = null;
        await foreach (var candidate in CandidatesAsync(from, cancellation))
        {
            try
            {
                var state = await ReadStateAsync(candidate, cancellation);
                check(state);
                await ReadModelAsync(
                    await store.States.OpenAsync(task, StepRef.At(candidate.Step), cancellation), $"{task}/{candidate.Step}", cancellation);
                await CheckUnchangedAsync(candidate, cancellation);
                await FindLaterAsync(candidate, cancellation);
                return (candidate, state);
            }
            catch (FishException error) when (IsDamage(error.Code))
            {
                damage = error;
                damaged.Add(candidate.Step);
                Warn($"step {candidate.Step} is damaged and skipped: {error.Message}");
            }
        }

        if (damage is not null)
        {
            throw new FishException(
                damage.Code, task, "No checkpoint of the task is intact; the model's values are undefined now.",
                "Verify the store, or restore it from a backup.", damage);
        }

        // A new branch takes only the values of its branch point, not its trainer state.
        if (IsBranch)
        {
            await ReadModelAsync(await store.States.OpenBranchPointAsync(task, cancellation), $"{task}/start", cancellation);
        }

        return null;
    }

    /// <summary>
    /// Whether later saves can use a checkpoint's parent as theirs: the base, or a step that was neither deleted nor replaced. Never on a
    /// branch: there the number may be a step of the branch point, inherited when that task was deleted.
    /// </summary>
    public async Task<bool> IsParentThereAsync(CheckpointInfo checkpoint, CancellationToken cancellation)
    {
        try
        {
            return !IsBranch && ParentChoice.Parse(checkpoint.Parent) is { Task: null } choice
                && (choice.Step is not { } step
                    || (await store.Checkpoints.GetAsync(task, StepRef.At(step), cancellation)).State == checkpoint.ParentState);
        }
        catch (FishException error) when (error.Code == ErrorCode.CheckpointNotFound)
        {
            return false;
        }
    }

    public void Warn(string message)
    {
        warnings.Add(message);
        options.OnWarning(message);
    }

    // A damaged base affects every checkpoint, so trying the next one would only hide the cause.
    private static bool IsDamage(ErrorCode code) => code is ErrorCode.CorruptCheckpoint or ErrorCode.CorruptFrame or ErrorCode.FrameInvalid;

    private async Task FindLaterAsync(CheckpointInfo restored, CancellationToken cancellation)
    {
        var latest = await store.Checkpoints.GetAsync(task, StepRef.Latest, cancellation);
        Later = latest.Step > restored.Step && !damaged.Contains(latest.Step) ? latest.Step : null;
    }

    private async IAsyncEnumerable<CheckpointInfo> CandidatesAsync(
        StepRef? from, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        CheckpointInfo first;
        try
        {
            first = await store.Checkpoints.GetAsync(task, from ?? StepRef.Latest, cancellation);
        }
        catch (FishException error) when (error.Code == ErrorCode.CheckpointNotFound && (from is null || from == StepRef.Latest))
        {
            yield break;
        }

        // Without run ids the older ones are requested only if the newest is damaged.
        var isNewest = from is null || from == StepRef.Latest;
        if (!isNewest || RunIdentity.Of(first) is null)
        {
            yield return first;
            var older = (await ListAsync(cancellation)).Select(item => item.Step).Where(step => step < first.Step);
            foreach (var step in older.OrderDescending())
            {
                yield return await store.Checkpoints.GetAsync(task, StepRef.At(step), cancellation);
            }

            yield break;
        }

        var steps = RunIdentity.NewestFirst(await ListAsync(cancellation)).ToList();
        if (steps.Count > 0 && steps[0] < first.Step)
        {
            Warn(
                $"step {steps[0]} belongs to the run that saved last and is resumed; step {first.Step} belongs to another run: "
                + $"ResumeAsync(StepRef.At({first.Step}))");
        }

        foreach (var step in steps)
        {
            yield return await store.Checkpoints.GetAsync(task, StepRef.At(step), cancellation);
        }
    }

    private ValueTask<List<CheckpointInfo>> ListAsync(CancellationToken cancellation) =>
        store.Checkpoints.ListAsync(task, cancellationToken: cancellation).ToListAsync(cancellation);

    // The trainer state and the files are read one by one; equal metadata before and after proves that they belong to one save.
    private async Task CheckUnchangedAsync(CheckpointInfo read, CancellationToken cancellation)
    {
        var now = await store.Checkpoints.GetAsync(task, StepRef.At(read.Step), cancellation);
        if (now.State != read.State || now.Created != read.Created)
        {
            throw new FishException(
                ErrorCode.CheckpointChanged, $"{task}/{read.Step}",
                "The step was replaced with other content while it was read; the model's values are undefined now.",
                    "Resume again.");
        }
    }

    private async Task<TrainerState?> ReadStateAsync(CheckpointInfo checkpoint, CancellationToken cancellation)
    {
        if (checkpoint.TrainerStateBytes == 0)
        {
            return null;
        }

        await using var content = await store.States.OpenTrainerStateAsync(task, StepRef.At(checkpoint.Step), cancellation);
        return await TrainerState.ReadAsync(content, $"{task}/{checkpoint.Step}", cancellation);
    }

    private async Task ReadModelAsync(IModelReader source, string key, CancellationToken cancellation)
    {
        await using var reader = source;
        var fit = LayoutFit.Of(model.Layout, reader.Layout, key, isNew: false);
        try
        {
            for (var tensor = 0; tensor < model.Layout.Tensors.Count; tensor++)
            {
                await ReadTensorAsync(reader, fit.NameOf(tensor), tensor, cancellation);
            }
        }
        catch (FishException error) when (!IsDamage(error.Code))
        {
            throw new FishException(
                error.Code, error.Key, $"{error.Cause} The model's values are undefined now: they come from several states.",
                "Resume again before you train.", error)
            {
                Status = error.Status, RetryAfter = error.RetryAfter,
            };
        }
    }

    private async Task ReadTensorAsync(IModelReader reader, string name, int tensor, CancellationToken cancellation)
    {
        var info = model.Layout.Tensors[tensor];
        var pipe = new Pipe(new PipeOptions(
            pauseWriterThreshold: 4 * Blocks.Size, resumeWriterThreshold: 2 * Blocks.Size, useSynchronizationContext: false));
        var copying = CopyAsync(reader, name, pipe.Writer, cancellation);
        var offset = 0L;
        try
        {
            while (await pipe.Reader.ReadAsync(cancellation) is { Buffer: var buffer } result && !(buffer.IsEmpty && result.IsCompleted))
            {
                foreach (var part in buffer)
                {
                    model.Write(tensor, offset, part.Span);
                    offset += part.Length;
                }

                pipe.Reader.AdvanceTo(buffer.End);
            }
        }
        finally
        {
            await pipe.Reader.CompleteAsync();
        }

        await copying;
        if (offset != info.Bytes)
        {
            throw new FishException(ErrorCode.BodyTruncated, info.Name, $"Received {offset} of {info.Bytes} bytes.", "Resume again.");
        }
    }

    private static async Task CopyAsync(IModelReader reader, string tensor, PipeWriter writer, CancellationToken cancellation)
    {
        try
        {
            await reader.CopyTensorAsync(tensor, writer, cancellation);
            await writer.CompleteAsync();
        }
        catch (Exception error)
        {
            await writer.CompleteAsync(error);
            throw;
        }
    }
}
