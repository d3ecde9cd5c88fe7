using FishCheckpoint.Checkpoints;
using FishCheckpoint.Codec;
using FishCheckpoint.Deltas;
using FishCheckpoint.Engine.Chains;
using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;
using FishCheckpoint.Errors;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Engine.Saving;

/// <summary>Encodes a trainer's content, in any of its forms, into frames against a parent. Does not write to the catalog.</summary>
/// <param name="view">A snapshot.</param>
/// <param name="task">The task.</param>
/// <param name="request">The request.</param>
/// <param name="saved">The checkpoint that the step already has.</param>
/// <param name="parts">The parts of the store.</param>
/// <param name="cancellationToken">Cancels the work.</param>
internal sealed class SavePreparer(
    ICatalogView view, TaskContext task, SaveRequest request, CheckpointRow? saved, SaveParts parts, CancellationToken cancellationToken)
{
    private readonly SavePlan plan = SavePlan.Of(request, task, parts.Options);
    private readonly EngineOptions options = parts.Options;

    public PreparedSave Prepare()
    {
        CheckBase(request.Options.ExpectedBase);
        return Bounded(request.Content switch
        {
            CheckpointContent.Full full => PrepareFull(full.Model),
            CheckpointContent.Sparse sparse => PrepareSparse(sparse.File),
            CheckpointContent.Changed changed => PrepareDelta(Validate(changed.Delta), changed.Delta.OpenValues()),
            CheckpointContent.Encoded encoded => PrepareEncoded(encoded.Delta),
            _ => throw new InvalidOperationException("The form of the content is unknown."),
        });
    }

    private PreparedSave PrepareFull(ModelFolder model)
    {
        LayoutMatch.Check(task.Layout.Layout, model.Layout);
        var parent = OpenParent();
        var found = EncodeFound(() => new StateDiff(parent.Reader, model), parent, model.Files);
        return (plan.ComparesWithBase && parent.Checkpoint is not null ? CheaperAgainstBase(found, model) : null) ?? found;
    }

    private PreparedSave? CheaperAgainstBase(PreparedSave chained, ModelFolder model)
    {
        var parent = Open(null);
        var chainedBytes = NewFrame.BytesOf(chained.Delta.Values)
            + (chained.Delta.Mask is null || IsStored(chained.Delta.MaskId) ? 0 : NewFrame.BytesOf(chained.Delta.Mask));
        var delta = EncodeBlocks(new StateDiff(parent.Reader, model), parent, SavePlan.BudgetOnBase(chainedBytes));
        if (delta is null)
        {
            parent.Dispose();
            return null;
        }

        chained.Dispose();
        return new PreparedSave(delta, parent, model.Files);
    }

    // Positions found by comparison are mostly used once, so they are stored with their values as blocks. A mask that exists is likely to
    // come again, and is stored by itself.
    private PreparedSave EncodeFound(Func<IDeltaReader> delta, OpenedState parent, ModelFiles output)
    {
        try
        {
            var blocks = EncodeBlocks(delta(), parent, long.MaxValue)!;
            if (IsStoredAsBlocks(blocks.MaskId) ?? !IsKnown(blocks.MaskId))
            {
                return new PreparedSave(blocks, parent, output);
            }

            using (blocks)
            {
                return Encode(delta(), parent, output, SoundMask(blocks.MaskId));
            }
        }
        catch
        {
            parent.Dispose();
            throw;
        }
    }

    private PreparedSave EncodeSent(Func<IDeltaReader> delta, OpenedState parent)
    {
        var masked = Encode(delta(), parent, task.Layout.Files, prediction: plan.Predicts ? Prediction.None : null);
        try
        {
            var stored = IsStoredAsBlocks(masked.Delta.MaskId);
            if (stored != true && IsStored(masked.Delta.MaskId))
            {
                masked.Delta.Dispose();
                return EncodeMasked(delta(), parent, masked.Delta.MaskId);
            }

            var budget = plan.BudgetOfBlocks(stored, () => IsKnown(masked.Delta.MaskId), masked.Delta.Length);
            if (budget > 0 && EncodeBlocks(delta(), parent, budget) is { } blocks)
            {
                masked.Delta.Dispose();
                return new PreparedSave(blocks, parent, task.Layout.Files);
            }

            return masked;
        }
        catch
        {
            masked.Dispose();
            throw;
        }
    }

    private EncodedDelta? EncodeBlocks(IDeltaReader delta, OpenedState parent, long budget) =>
        BlocksEncoder.TryEncode(delta, parent.Reader, parent.Identity, options.Codec, options.TemporaryFolder, budget, cancellationToken);

    // A repeated save keeps the form of the stored checkpoint, so that it can replace a damaged frame.
    private bool? IsStoredAsBlocks(Digest mask) => saved is not null && saved.Mask == mask ? saved.IsBlocks : null;

    private PreparedSave PrepareSparse(SafetensorsFile patch)
    {
        if (patch.Header.Metadata.TryGetValue("base", out var text) && Digest.TryParse(text, out var @base))
        {
            CheckBase(@base);
        }

        if (!MaskedPatchReader.IsMasked(patch.Header, out var mask))
        {
            return EncodeSent(() => new SparsePatchReader(patch, task.Layout.Layout), OpenParent());
        }

        using var masked = new MaskedPatchReader(patch, StoredMask(mask), task.Layout.Layout);
        return PrepareDelta(masked, masked.Values);
    }

    private PreparedSave PrepareDelta(IDeltaReader delta, IMaskedValues values) => EncodeMasked(delta, OpenParent(), values.Mask, values);

    private PreparedSave EncodeMasked(IDeltaReader delta, OpenedState parent, Digest mask, IMaskedValues? values = null)
    {
        var stored = SoundMask(mask);
        if (stored is not null && values is not null && EncodeKnown(values, parent, stored) is { } known)
        {
            return known;
        }

        if (!plan.Predicts)
        {
            return EncodeParented(delta, parent, mask, stored);
        }

        var prediction = stored is null ? Prediction.None : FindPrediction(mask, stored);
        var recorded = new RecordingReader(delta, parts.Cache.Longest);
        var prepared = Encode(recorded, parent, task.Layout.Files, stored, prediction);
        if (recorded.Recorded is { } bytes && prepared.Delta.MaskId == mask)
        {
            parts.Cache.Add(prepared.State, mask, bytes);
        }

        return prepared;
    }

    // A stored and undamaged mask was verified when it was stored, so its positions need not be read again.
    private PreparedSave? EncodeKnown(IMaskedValues values, OpenedState parent, IFrame mask)
    {
        if (!plan.Predicts)
        {
            return parts.Cache.Find(parent.Identity, values.Mask) is { } known
                ? EncodeKnown(new RecordingReader(values, known), mapped: true, parent, mask, null) : null;
        }

        var prediction = FindPrediction(values.Mask, mask);
        var recorded = new RecordingReader(values, mask, parts.Cache.Longest);
        var prepared = EncodeKnown(recorded, mapped: false, parent, mask, prediction);
        if (recorded.Recorded is { } bytes)
        {
            parts.Cache.Add(prepared.State, values.Mask, bytes);
        }

        return prepared;
    }

    private PreparedSave EncodeKnown(IMaskedValues values, bool mapped, OpenedState parent, IFrame mask, Prediction? prediction)
    {
        try
        {
            var encoded = DeltaEncoder.EncodeMasked(
                mask, values, mapped, parent.Identity, options.Codec, options.TemporaryFolder, prediction?.Values, cancellationToken);
            return new PreparedSave(encoded, parent, task.Layout.Files, maskIsStored: true, prediction);
        }
        catch
        {
            parent.Dispose();
            throw;
        }
    }

    // The delta's mask id is trusted only after its positions have been read.
    private PreparedSave EncodeParented(IDeltaReader delta, OpenedState parent, Digest mask, IFrame? stored)
    {
        var parented = new RecordingReader(delta, parent.Reader, parts.Cache.Find(parent.Identity, mask), parts.Cache.Longest);
        var prepared = Encode(parented, parent, task.Layout.Files, stored);
        if (parented.Recorded is { } values && prepared.Delta.MaskId == mask)
        {
            parts.Cache.Add(parent.Identity, mask, values);
        }

        return prepared;
    }

    private PreparedSave PrepareEncoded(EncodedDelta delta)
    {
        if (delta.Layout != task.Layout.Layout.Id)
        {
            throw new FishException(
                ErrorCode.LayoutMismatch, task.Name,
                $"The layout of the frames is {delta.Layout}; the task's is {task.Layout.Layout.Id}.",
                "Create the delta for the task's base and own tensors.");
        }

        var parent = OpenParent();
        try
        {
            if (delta.Parent != default && delta.Parent != parent.Identity)
            {
                throw new FishException(
                    ErrorCode.BaseMismatch, request.Label,
                    $"The delta has the parent {delta.Parent}; the save names {parent.Identity}.",
                    "Name the parent of the delta.");
            }

            if (delta.IsBlocks)
            {
                using var blocks = new BlocksDecoder(delta.Values, task.Layout.Layout, parent.Reader);
                return EncodeMasked(blocks, parent, delta.MaskId);
            }

            var mask = delta.Mask ?? StoredMask(delta.MaskId);
            using var decoder = new DeltaDecoder(mask, delta.Values, task.Layout.Layout, parent.Reader);
            return EncodeMasked(decoder, parent, delta.MaskId, delta.Mask is null ? Plain(mask, delta.Values) : null);
        }
        catch
        {
            parent.Dispose();
            throw;
        }
    }

    private FrameValues? Plain(IFrame mask, IFrame values) =>
        new FrameValues(mask, [values], task.Layout.Layout) is { ArePlain: true } plain ? plain : null;

    // A save that would cost too much to read is based on an earlier state of the chain, and gives the same state.
    private PreparedSave Bounded(PreparedSave prepared)
    {
        var (bound, bytes) = (plan.Bound, prepared.LinkBytes);
        if (bound.Fits(prepared.Parent.End, bytes, bytes))
        {
            return prepared;
        }

        using (prepared)
        {
            var cursor = DeltaCursor.Open(
                prepared.Delta.Mask, [.. prepared.Prediction?.Frames ?? [], prepared.Delta.Values], task.Layout.Layout, task.Name);
            PreparedSave On(OpenedState parent) =>
                EncodeFound(() => new ChainDiff(parent, prepared.Parent).Open([], [cursor]), parent, prepared.Output);
            var chosen = On(new ParentChooser(view, task, parts.Bases, bound, options.Codec, options.TemporaryFolder, cancellationToken)
                .Choose(prepared.Parent, cursor, bytes));
            if (bound.Fits(chosen.Parent.End, chosen.LinkBytes, bytes))
            {
                return chosen;
            }

            // The sample was too optimistic.
            chosen.Dispose();
            return On(Open(null));
        }
    }

    private PreparedSave Encode(
        IDeltaReader delta, OpenedState parent, ModelFiles output, IFrame? mask = null, Prediction? prediction = null)
    {
        try
        {
            var on = prediction is null ? parent.Reader : null;
            var encoded = mask is null
                ? DeltaEncoder.Encode(delta, on, parent.Identity, options.Codec, options.TemporaryFolder, cancellationToken)
                : DeltaEncoder.EncodeOn(
                    mask, delta, on, parent.Identity, options.Codec, options.TemporaryFolder, prediction?.Values, cancellationToken);
            return new PreparedSave(encoded, parent, output, mask is not null, prediction);
        }
        catch
        {
            parent.Dispose();
            throw;
        }
    }

    private IDeltaReader Validate(Delta delta) =>
        delta.Mask.Layout.Id == task.Layout.Layout.Id ? delta.OpenReader() : throw new FishException(
        ErrorCode.LayoutMismatch, task.Name, $"The layout of the delta is {delta.Mask.Layout.Id}; the task's is {task.Layout.Layout.Id}.",
        "Create the mask for the task's base and own tensors.");

    private void CheckBase(Digest? expected)
    {
        if (expected is { } id && id != task.Base.Id)
        {
            throw new FishException(
                ErrorCode.BaseMismatch, task.Name, $"The trainer started from the base {id}; the task has the base {task.Base.Id}.",
                "Train from the task's base, or save to a task of the other base.");
        }
    }

    private Prediction FindPrediction(Digest mask, IFrame frame) => request.MayPredict
        ? Prediction.Find(view, task, request.Step, saved, mask, frame, parts.Cache) : Prediction.None;

    private OpenedState OpenParent()
    {
        if (plan.Parent.Step is { } parent)
        {
            var other = plan.Parent.Task is { } name ? parts.Tasks.Sibling(view, task, name) : task;
            return Open(view.Checkpoints.Find(other, StepRef.At(parent)));
        }

        return Open(plan.Parent == ParentChoice.Base
            ? null : (plan.TriesPrevious ? view.Checkpoints.Before(task.Id, request.Step) : null) ?? view.BranchPointOf(task));
    }

    private OpenedState Open(CheckpointRow? checkpoint) => OpenedState.Open(view, parts.Bases, task, checkpoint);

    // A mask with only deleted checkpoints would be kept for this save alone, and takes more than its positions in blocks.
    private bool IsKnown(Digest mask) => view.Masks.IsInUse(mask, withFrame: false);

    private bool IsStored(Digest mask) => view.Masks.IsInUse(mask, withFrame: true);

    private IFrame? SoundMask(Digest mask) => FrameCheck.OpenSoundMask(view, mask, task.Layout.Layout);

    private IFrame StoredMask(Digest mask) => view.Frames.OpenMask(mask)
        ?? throw new FishException(
            ErrorCode.MaskUnknown, mask.ToString(), "The store does not have this mask.", "Send the mask's frame before the values.");
}
