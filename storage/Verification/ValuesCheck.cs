using FishCheckpoint.Codec;
using FishCheckpoint.Storage.Catalog;
using FishCheckpoint.Storage.Checkpoints;
using FishCheckpoint.Storage.Tasks;

namespace FishCheckpoint.Storage.Verification;

/// <summary>A checkpoint whose own frame was checked, and what is wrong with it.</summary>
/// <param name="Row">The checkpoint.</param>
/// <param name="Error">What is wrong; <see langword="null"/>: nothing.</param>
internal sealed record CheckedCheckpoint(CheckpointRow Row, Exception? Error);

/// <summary>
/// Checks the frames of checkpoints together with those that are read with the same things: rows of guesses, values on one mask and parent, blocks against one
/// parent. What is wrong with a frame is told of it alone, not of what it is read with.
/// </summary>
internal static class ValuesCheck
{
    /// <summary>Checks some of one family; of a row of guesses, all of it.</summary>
    public static List<CheckedCheckpoint> Run(
        CatalogConnection connection, VerifyMeans means, Family family, IEnumerable<long> checkpoints, bool quick, CancellationToken cancellation)
    {
        var task = means.ContextOf(connection, family.Task);
        var results = new List<CheckedCheckpoint>();
        var opened = new List<(CheckpointRow Row, CheckedFrame Frame)>();
        try
        {
            foreach (var row in family.Guessed && !quick ? WholeRow(connection, checkpoints.First()) : Find(connection, checkpoints))
            {
                try
                {
                    var frame = StoredParts.OpenWhole(connection, row.Frame, row.ValueBytes + (row.IsBlocks ? row.BroughtBytes : 0));
                    StoredParts.RequireRow(connection, task, row, frame);
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
                Check(connection, means, task, [.. opened.Select(item => item.Row)], [.. opened.Select(item => item.Frame)], quick, cancellation);
            }

            results.AddRange(opened.Select(item => new CheckedCheckpoint(item.Row, item.Frame.Damage)));
            return results;
        }
        finally
        {
            opened.ForEach(item => item.Frame.Dispose());
        }
    }

    // Of a row, those after a frame that cannot be opened cannot be decoded, but have their checksums: a frame that is not there stands for it.
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
        CatalogConnection connection, VerifyMeans means, TaskContext task, IReadOnlyList<CheckpointRow> rows, IReadOnlyList<CheckedFrame> frames, bool quick,
        CancellationToken cancellation)
    {
        var layout = task.Layout.Layout;
        if (quick)
        {
            FrameIndexes.Check(rows[0].MaskFrame is { } id ? FrameTable.Open(connection, id) : null, frames, layout);
            return;
        }

        if (rows[0].ReferenceDepth is not null && !rows[0].IsBlocks)
        {
            RowCheck.Run(FrameTable.Open(connection, rows[0].MaskFrame!.Value), frames, layout, cancellation);
            return;
        }

        using var parent = ParentOf(connection, means, task, rows[0]);
        if (rows[0].IsBlocks)
        {
            BlocksCheck.Run(frames, layout, parent.Blocks, cancellation);
        }
        else
        {
            MaskedCheck.Run(FrameTable.Open(connection, rows[0].MaskFrame!.Value), frames, layout, parent.Blocks, cancellation);
        }
    }

    private static ParentState ParentOf(CatalogConnection connection, VerifyMeans means, TaskContext task, CheckpointRow row)
    {
        try
        {
            var parent = row.Parent is { } id ? CheckpointTable.Row(connection, id) : null;
            return ParentState.Of(OpenedState.Open(connection, means.Folder, task, parent));
        }
        catch (Exception error) when (Problems.IsDamage(error))
        {
            return ParentState.Damaged(task.Layout.Layout);
        }
    }

    private static List<CheckpointRow> Find(CatalogConnection connection, IEnumerable<long> checkpoints) =>
        [.. checkpoints.Select(id => CheckpointTable.Row(connection, id)).OfType<CheckpointRow>()];

    // From the first that is guessed from nothing to the last that is guessed from this one, by way of the newest at each fork.
    private static IReadOnlyList<CheckpointRow> WholeRow(CatalogConnection connection, long checkpoint)
    {
        var last = checkpoint;
        var seen = new HashSet<long>();
        while (seen.Add(last) && CheckpointTable.LastGuessedFrom(connection, last) is { } next)
        {
            last = next;
        }

        return CheckpointTable.Row(connection, last) is { } row ? CheckpointTable.References(connection, row) : [];
    }
}
