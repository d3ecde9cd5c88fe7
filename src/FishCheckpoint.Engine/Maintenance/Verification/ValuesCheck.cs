using FishCheckpoint.Engine.Loading;
using FishCheckpoint.Engine.Ports;
using FishCheckpoint.Engine.Tasks;

namespace FishCheckpoint.Engine.Maintenance.Verification;

/// <summary>A checkpoint whose own frame was checked, and what is wrong with it.</summary>
/// <param name="Row">The checkpoint.</param>
/// <param name="Error">What is wrong; <see langword="null"/>: nothing.</param>
internal sealed record CheckedCheckpoint(CheckpointRow Row, Exception? Error);

/// <summary>
/// Checks the frames of checkpoints together with those that are read with the same things: prediction chains, values on one mask and
/// parent, blocks against one parent. What is wrong with a frame is told of it alone, not of what it is read with.
/// </summary>
internal static class ValuesCheck
{
    /// <summary>Checks some of one family; of a prediction chain, all of it.</summary>
    public static List<CheckedCheckpoint> Run(
        ICatalogView view, VerifyContext means, Family family, IEnumerable<long> checkpoints, bool quick, CancellationToken cancellation)
    {
        var task = means.ContextOf(view, family.Task);
        var results = new List<CheckedCheckpoint>();
        var opened = new List<(CheckpointRow Row, CheckedFrame Frame)>();
        try
        {
            foreach (var row in family.Guessed && !quick ? WholeRow(view, checkpoints.First()) : Find(view, checkpoints))
            {
                try
                {
                    var frame = StoredParts.OpenWhole(view, row.Frame, row.ValueBytes + (row.IsBlocks ? row.BroughtBytes : 0));
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
                Check(view, means, task, [.. opened.Select(item => item.Row)], [.. opened.Select(item => item.Frame)], quick, cancellation);
            }

            results.AddRange(opened.Select(item => new CheckedCheckpoint(item.Row, item.Frame.Damage)));
            return results;
        }
        finally
        {
            opened.ForEach(item => item.Frame.Dispose());
        }
    }

    // Of a row, those after a frame that cannot be opened cannot be decoded, but have their checksums: a frame that is not there stands for
    // it.
    private static void Skip(Family family, List<(CheckpointRow Row, CheckedFrame Frame)> opened, List<CheckedCheckpoint> results)
    {
        if (!family.Guessed)
        {
            return;
        }

        var missing = results[^1];
        results.RemoveAt(results.Count - 1);
        opened.Add((missing.Row, new CheckedFrame(new MissingFrame(missing.Error!))));
    }

    private static void Check(
        ICatalogView view, VerifyContext means, TaskContext task, IReadOnlyList<CheckpointRow> rows,
        IReadOnlyList<CheckedFrame> frames, bool quick,
        CancellationToken cancellation)
    {
        var layout = task.Layout.Layout;
        if (quick)
        {
            FrameIndexes.Check(rows[0].MaskFrame is { } id ? view.Frames.Open(id) : null, frames, layout);
            return;
        }

        if (rows[0].ReferenceDepth is not null && !rows[0].IsBlocks)
        {
            RowCheck.Run(view.Frames.Open(rows[0].MaskFrame!.Value), frames, layout, cancellation);
            return;
        }

        using var parent = ParentOf(view, means, task, rows[0]);
        if (rows[0].IsBlocks)
        {
            BlocksCheck.Run(frames, layout, parent.Blocks, cancellation);
        }
        else
        {
            MaskedCheck.Run(view.Frames.Open(rows[0].MaskFrame!.Value), frames, layout, parent.Blocks, cancellation);
        }
    }

    private static ParentState ParentOf(ICatalogView view, VerifyContext means, TaskContext task, CheckpointRow row)
    {
        try
        {
            var parent = row.Parent is { } id ? view.Checkpoints.Row(id) : null;
            return ParentState.Of(OpenedState.Open(view, means.Bases, task, parent));
        }
        catch (Exception error) when (Problems.IsDamage(error))
        {
            return ParentState.Damaged(task.Layout.Layout);
        }
    }

    private static List<CheckpointRow> Find(ICatalogView view, IEnumerable<long> checkpoints) =>
        [.. checkpoints.Select(id => view.Checkpoints.Row(id)).OfType<CheckpointRow>()];

    // From the first that is predicted from nothing to the last that is predicted from this one, by way of the newest at each fork.
    private static IReadOnlyList<CheckpointRow> WholeRow(ICatalogView view, long checkpoint)
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
