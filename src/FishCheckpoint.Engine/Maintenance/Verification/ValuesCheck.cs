using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;

namespace FishCheckpoint.Engine.Maintenance.Verification;

/// <summary>The result for a checkpoint's own frame.</summary>
/// <param name="Row">The checkpoint.</param>
/// <param name="Error">The damage; <see langword="null"/> for none.</param>
internal sealed record CheckedCheckpoint(CheckpointRow Row, Exception? Error);

/// <summary>
/// Verifies the frames of checkpoints together with related ones: prediction chains, values with one mask and parent, blocks with one
/// parent. Damage counts for the damaged frame alone, not for related ones.
/// </summary>
internal static class ValuesCheck
{
    /// <summary>Verifies some checkpoints of a family; of a prediction chain always all.</summary>
    public static List<CheckedCheckpoint> Run(
        ICatalogView view, VerifyContext context, Family family, IEnumerable<long> checkpoints, bool quick,
        CancellationToken cancellationToken)
    {
        var task = context.ContextOf(view, family.Task);
        var results = new List<CheckedCheckpoint>();
        var opened = new List<(CheckpointRow Row, CheckedFrame Frame)>();
        try
        {
            foreach (var row in family.IsPredicted && !quick ? PredictionChainOf(view, checkpoints.First()) : Find(view, checkpoints))
            {
                try
                {
                    var frame = StoredParts.OpenWhole(view, row.Frame, row.ValueBytes + (row.IsBlocks ? row.PositionBytes : 0));
                    StoredParts.RequireRow(view, task, row, frame);
                    opened.Add((row, new CheckedFrame(frame)));
                }
                catch (Exception error) when (Problems.IsDamage(error))
                {
                    results.Add(new CheckedCheckpoint(row, error));
                    Skip(family, opened, results);
                }
            }

            if (task is not null && opened.Count > 0)
            {
                Check(view, context, task, [.. opened.Select(item => item.Row)], [.. opened.Select(item => item.Frame)], quick,
                    cancellationToken);
            }

            results.AddRange(opened.Select(item => new CheckedCheckpoint(item.Row, item.Frame.Damage)));
            return results;
        }
        finally
        {
            opened.ForEach(item => item.Frame.Dispose());
        }
    }

    // Frames after an unreadable one in a prediction chain cannot be decoded, but their checksums can be compared: a placeholder takes its
    // place.
    private static void Skip(Family family, List<(CheckpointRow Row, CheckedFrame Frame)> opened, List<CheckedCheckpoint> results)
    {
        if (!family.IsPredicted)
        {
            return;
        }

        var missing = results[^1];
        results.RemoveAt(results.Count - 1);
        opened.Add((missing.Row, new CheckedFrame(new MissingFrame(missing.Error!))));
    }

    private static void Check(
        ICatalogView view, VerifyContext context, TaskContext task, IReadOnlyList<CheckpointRow> rows,
        IReadOnlyList<CheckedFrame> frames, bool quick,
        CancellationToken cancellationToken)
    {
        var layout = task.Layout.Layout;
        if (quick)
        {
            FrameIndexes.Check(rows[0].MaskFrame is { } id ? view.Frames.Open(id) : null, frames, layout);
            return;
        }

        if (rows[0].ReferenceDepth is not null && !rows[0].IsBlocks)
        {
            PredictionChainCheck.Run(view.Frames.Open(rows[0].MaskFrame!.Value), frames, layout, cancellationToken);
            return;
        }

        using var parent = ParentOf(view, context, task, rows[0]);
        if (rows[0].IsBlocks)
        {
            BlocksCheck.Run(frames, layout, parent.Blocks, cancellationToken);
        }
        else
        {
            MaskedCheck.Run(view.Frames.Open(rows[0].MaskFrame!.Value), frames, layout, parent.Blocks, cancellationToken);
        }
    }

    private static ParentState ParentOf(ICatalogView view, VerifyContext context, TaskContext task, CheckpointRow row)
    {
        try
        {
            var parent = row.Parent is { } id ? view.Checkpoints.Row(id) : null;
            return ParentState.Of(OpenedState.Open(view, context.Bases, task, parent));
        }
        catch (Exception error) when (Problems.IsDamage(error))
        {
            return ParentState.Damaged(task.Layout.Layout);
        }
    }

    private static List<CheckpointRow> Find(ICatalogView view, IEnumerable<long> checkpoints) =>
        [.. checkpoints.Select(id => view.Checkpoints.Row(id)).OfType<CheckpointRow>()];

    // From the first checkpoint without a reference to the last one that is predicted from this one, following the newest at each fork.
    private static IReadOnlyList<CheckpointRow> PredictionChainOf(ICatalogView view, long checkpoint)
    {
        var last = checkpoint;
        var seen = new HashSet<long>();
        while (seen.Add(last) && view.Checkpoints.LastPredictedFrom(last) is { } next)
        {
            last = next;
        }

        return view.Checkpoints.Row(last) is { } row ? view.Checkpoints.References(row) : [];
    }
}
