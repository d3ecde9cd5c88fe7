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

/// <summary>Turns what a trainer hands in, in any of its forms, into frames against a parent; writes nothing to the catalog.</summary>
internal sealed class SavePreparer(
    ICatalogView view, TaskContext task, EngineOptions options, IBaseStore bases, TaskCatalog tasks, ParentCache cache, CheckpointRow? saved,
    bool mayPredict, CancellationToken cancellation)
{
    // Reading one delta is cheaper than two: the base is taken as parent unless the other saves at least this much.
    private const double MinChainSavings = 1.1;

    // Positions that a trainer sends may come again, and cost nothing then: they go with their values only where that saves much.
    private const double MinBlockSavings = 0.8;
    private const long SmallDelta = 1 << 14;

    public PreparedSave Prepare(long step, CheckpointContent content, SaveOptions save)
    {
        CheckBase(save.ExpectedBase);
        var prepared = content switch
        {
            CheckpointContent.Full full => PrepareFull(step, full.Model, save.Parent),
            CheckpointContent.Sparse sparse => PrepareSparse(step, sparse.File, save.Parent),
            CheckpointContent.Changed changed => PrepareDelta(step, Validate(changed.Delta), changed.Delta.OpenValues(), save.Parent),
            CheckpointContent.Encoded encoded => PrepareEncoded(step, encoded.Delta, save.Parent),
            _ => throw new ArgumentException("The form of the content is not known.", nameof(content)),
        };
        return Bounded(step, prepared);
    }

    private PreparedSave PrepareFull(long step, ModelFolder model, ParentChoice choice)
    {
        LayoutMatch.Check(task.Layout.Layout, model.Layout);

        // It says all of itself, and does not need a start that was lost.
        choice = choice == ParentChoice.Auto && task.LostBranchPoint is not null ? ParentChoice.Base : choice;
        var previous = choice == ParentChoice.Auto ? view.Checkpoints.Before(task.Id, step) ?? view.BranchPointOf(task) : null;
        if (choice != ParentChoice.Auto || previous is null)
        {
            var parent = OpenParent(step, choice);
            return EncodeFound(step, () => new StateDiff(parent.Reader, model), parent, model.Files);
        }

        var state = Open(previous);
        var chained = EncodeFound(step, () => new StateDiff(state.Reader, model), state, model.Files);
        return CheaperAgainstBase(chained, model) ?? chained;
    }

    private PreparedSave? CheaperAgainstBase(PreparedSave chained, ModelFolder model)
    {
        var parent = Open(null);
        var chainedBytes = FrameSize.Of(chained.Delta.Values)
            + (chained.Delta.Mask is null || IsStored(chained.Delta.MaskId) ? 0 : FrameSize.Of(chained.Delta.Mask));
        var delta = EncodeBlocks(new StateDiff(parent.Reader, model), parent, (long)(chainedBytes * MinChainSavings));
        if (delta is null)
        {
            parent.Dispose();
            return null;
        }

        chained.Dispose();
        return new PreparedSave(delta, parent, model.Files, task.Layout.Layout);
    }

    // Positions that were found and not chosen are mostly used once: with their values, block by block. A mask that was there before is stored by itself, for it
    // may well come again.
    private PreparedSave EncodeFound(long step, Func<IDeltaReader> delta, OpenedState parent, ModelFiles output)
    {
        try
        {
            var blocks = EncodeBlocks(delta(), parent, long.MaxValue)!;
            if (IsStoredAsBlocks(blocks.MaskId) ?? !IsKnown(blocks.MaskId))
            {
                return new PreparedSave(blocks, parent, output, task.Layout.Layout);
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

    private PreparedSave EncodeSent(long step, Func<IDeltaReader> delta, OpenedState parent)
    {
        var masked = Encode(delta(), parent, task.Layout.Files, prediction: Predictions ? Prediction.None : null);
        try
        {
            var stored = IsStoredAsBlocks(masked.Delta.MaskId);
            if (stored != true && IsStored(masked.Delta.MaskId))
            {
                masked.Delta.Dispose();
                return EncodeMasked(step, delta(), parent, masked.Delta.MaskId);
            }

            var budget = stored == true ? long.MaxValue : Predictions || IsKnown(masked.Delta.MaskId) || masked.Delta.Length < SmallDelta
                ? 0 : (long)(MinBlockSavings * masked.Delta.Length);
            if (budget > 0 && EncodeBlocks(delta(), parent, budget) is { } blocks)
            {
                masked.Delta.Dispose();
                return new PreparedSave(blocks, parent, task.Layout.Files, task.Layout.Layout);
            }

            return masked;
        }
        catch
        {
            masked.Dispose();
            throw;
        }
    }

    private bool Predictions => options.Codec.Effort != CodecEffort.Runs && Prediction.Suits(task.Layout.Layout);

    private EncodedDelta? EncodeBlocks(IDeltaReader delta, OpenedState parent, long budget) =>
        BlocksEncoder.TryEncode(delta, parent.Reader, parent.Identity, options.Codec, options.TemporaryFolder, budget, cancellation);

    // What was saved before is encoded in the form that it has: a damaged frame may have to be put in its place.
    private bool? IsStoredAsBlocks(Digest mask) => saved is not null && saved.Mask == mask ? saved.IsBlocks : null;

    private PreparedSave PrepareSparse(long step, SafetensorsFile patch, ParentChoice choice)
    {
        if (patch.Header.Metadata.TryGetValue("base", out var text) && Digest.TryParse(text, out var @base))
        {
            CheckBase(@base);
        }

        if (!MaskedPatchReader.IsMasked(patch.Header, out var mask))
        {
            return EncodeSent(step, () => new SparsePatchReader(patch, task.Layout.Layout), OpenParent(step, choice));
        }

        using var masked = new MaskedPatchReader(patch, StoredMask(mask), task.Layout.Layout);
        return PrepareDelta(step, masked, masked.Values, choice);
    }

    private PreparedSave PrepareDelta(long step, IDeltaReader delta, IMaskedValues values, ParentChoice choice) =>
        EncodeMasked(step, delta, OpenParent(step, choice), values.Mask, values);

    private PreparedSave EncodeMasked(long step, IDeltaReader delta, OpenedState parent, Digest mask, IMaskedValues? values = null)
    {
        var stored = SoundMask(mask);
        if (stored is not null && values is not null && EncodeKnown(step, values, parent, stored) is { } known)
        {
            return known;
        }

        if (!Predictions)
        {
            return EncodeParented(delta, parent, mask, stored);
        }

        var prediction = stored is null || !mayPredict ? Prediction.None : Prediction.Find(view, task, step, saved, mask, stored, cache);
        var recorded = new RecordingReader(delta, cache.Longest);
        var prepared = Encode(recorded, parent, task.Layout.Files, stored, prediction);
        if (recorded.Values is { } bytes && prepared.Delta.MaskId == mask)
        {
            cache.Add(prepared.State, mask, bytes);
        }

        return prepared;
    }

    // A mask that is stored and sound was decoded and named when it was stored: its positions are not read again.
    private PreparedSave? EncodeKnown(long step, IMaskedValues values, OpenedState parent, IFrame mask)
    {
        if (!Predictions)
        {
            return cache.Find(parent.Identity, values.Mask) is { } known
                ? EncodeKnown(new ParentedValues(values, known), mapped: true, parent, mask, null) : null;
        }

        var prediction = mayPredict ? Prediction.Find(view, task, step, saved, values.Mask, mask, cache) : Prediction.None;
        var recorded = new RecordingValues(values, mask, cache.Longest);
        var prepared = EncodeKnown(recorded, mapped: false, parent, mask, prediction);
        if (recorded.Recorded is { } bytes)
        {
            cache.Add(prepared.State, values.Mask, bytes);
        }

        return prepared;
    }

    private PreparedSave EncodeKnown(IMaskedValues values, bool mapped, OpenedState parent, IFrame mask, Prediction? prediction)
    {
        try
        {
            var encoded = DeltaEncoder.EncodeMasked(
                mask, values, mapped, parent.Identity, options.Codec, options.TemporaryFolder, prediction?.Values, cancellation);
            return new PreparedSave(encoded, parent, task.Layout.Files, task.Layout.Layout, maskIsStored: true, prediction);
        }
        catch
        {
            parent.Dispose();
            throw;
        }
    }

    // What the delta calls its mask is believed only once its positions were seen.
    private PreparedSave EncodeParented(IDeltaReader delta, OpenedState parent, Digest mask, IFrame? stored)
    {
        var parented = new ParentedReader(delta, parent.Reader, cache.Find(parent.Identity, mask), cache.Longest);
        var prepared = Encode(parented, parent, task.Layout.Files, stored);
        if (parented.Remembered is { } values && prepared.Delta.MaskId == mask)
        {
            cache.Add(parent.Identity, mask, values);
        }

        return prepared;
    }

    private PreparedSave PrepareEncoded(long step, EncodedDelta delta, ParentChoice choice)
    {
        if (delta.Layout != task.Layout.Layout.Id)
        {
            throw new FishException(
                ErrorCode.LayoutMismatch, task.Name, $"The frames are for the layout {delta.Layout}; the task's is {task.Layout.Layout.Id}.",
                "Make the delta against the task's base and own tensors.");
        }

        var parent = OpenParent(step, choice);
        try
        {
            if (delta.Parent != default && delta.Parent != parent.Identity)
            {
                throw new FishException(
                    ErrorCode.BaseMismatch, $"{task.Name}/{step}", $"The delta is laid on the state {delta.Parent}; the parent chosen is {parent.Identity}.",
                    "Name the parent that the delta was made against.");
            }

            if (delta.IsBlocks)
            {
                using var blocks = new BlocksDecoder(delta.Values, task.Layout.Layout, parent.Reader);
                return EncodeMasked(step, blocks, parent, delta.MaskId);
            }

            var mask = delta.Mask ?? StoredMask(delta.MaskId);
            using var decoder = new DeltaDecoder(mask, delta.Values, task.Layout.Layout, parent.Reader);
            return EncodeMasked(step, decoder, parent, delta.MaskId, delta.Mask is null ? Plain(mask, delta.Values) : null);
        }
        catch
        {
            parent.Dispose();
            throw;
        }
    }

    private FrameValues? Plain(IFrame mask, IFrame values) => new FrameValues(mask, [values], task.Layout.Layout) is { ArePlain: true } plain ? plain : null;

    // What would cost too much to read is laid on an earlier state of the chain, with the same state.
    private PreparedSave Bounded(long step, PreparedSave prepared)
    {
        var (bound, bytes) = (new ChainBound(task.Layout.BaseBytes, options.MaxReadCost, options.MaxChainDepth), prepared.LinkBytes);
        if (bound.Allows(prepared.Parent.End, bytes, bytes))
        {
            return prepared;
        }

        using (prepared)
        {
            var cursor = DeltaCursor.Open(prepared.Delta.Mask, [.. prepared.Prediction?.Frames ?? [], prepared.Delta.Values], task.Layout.Layout, task.Name);
            PreparedSave On(OpenedState parent) => EncodeFound(step, () => new ChainDiff(parent, prepared.Parent).Open([], [cursor]), parent, prepared.Output);
            var chosen = On(new ParentChooser(view, task, bases, bound, options.Codec, options.TemporaryFolder, cancellation)
                .Choose(prepared.Parent, cursor, bytes));
            if (bound.Allows(chosen.Parent.End, chosen.LinkBytes, bytes))
            {
                return chosen;
            }

            // More than a few blocks of it let expect.
            chosen.Dispose();
            return On(Open(null));
        }
    }

    private PreparedSave Encode(IDeltaReader delta, OpenedState parent, ModelFiles output, IFrame? mask = null, Prediction? prediction = null)
    {
        try
        {
            var on = prediction is null ? parent.Reader : null;
            var encoded = mask is null
                ? DeltaEncoder.Encode(delta, on, parent.Identity, options.Codec, options.TemporaryFolder, cancellation)
                : DeltaEncoder.EncodeOn(mask, delta, on, parent.Identity, options.Codec, options.TemporaryFolder, prediction?.Values, cancellation);
            return new PreparedSave(encoded, parent, output, task.Layout.Layout, mask is not null, prediction);
        }
        catch
        {
            parent.Dispose();
            throw;
        }
    }

    private IDeltaReader Validate(Delta delta) => delta.Mask.Layout.Id == task.Layout.Layout.Id ? delta.OpenReader() : throw new FishException(
        ErrorCode.LayoutMismatch, task.Name, $"The delta is for the layout {delta.Mask.Layout.Id}; the task's is {task.Layout.Layout.Id}.",
        "Make the mask for the task's base and own tensors.");

    private void CheckBase(Digest? expected)
    {
        if (expected is { } id && id != task.Base.Id)
        {
            throw new FishException(
                ErrorCode.BaseMismatch, task.Name, $"The trainer started from the base {id}; the task is bound to {task.Base.Id}.",
                "Train from the task's base, or save to a task of the other base.");
        }
    }

    private OpenedState OpenParent(long step, ParentChoice choice)
    {
        if (choice.Step is { } parent)
        {
            var other = choice.Task is { } name ? tasks.Sibling(view, task, name) : task;
            return Open(view.Checkpoints.Find(other, StepRef.At(parent)));
        }

        return Open(choice == ParentChoice.Base
            ? null : (choice == ParentChoice.Previous ? view.Checkpoints.Before(task.Id, step) : null) ?? view.BranchPointOf(task));
    }

    private OpenedState Open(CheckpointRow? checkpoint) => OpenedState.Open(view, bases, task, checkpoint);

    // A mask that only deleted checkpoints have would be kept for the one that is saved now, and takes more than its positions do block by block.
    private bool IsKnown(Digest mask) => view.Masks.IsInUse(mask, withFrame: false);

    private bool IsStored(Digest mask) => view.Masks.IsInUse(mask, withFrame: true);

    private IFrame? SoundMask(Digest mask) => FrameCheck.OpenSoundMask(view, mask, task.Layout.Layout);

    private IFrame StoredMask(Digest mask) => view.Frames.OpenMask(mask)
        ?? throw new FishException(ErrorCode.MaskUnknown, mask.ToString(), "The store does not hold this mask.", "Send the mask's frame before the values'.");
}
