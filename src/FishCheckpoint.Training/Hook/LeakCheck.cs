using System.IO.Pipelines;
using FishCheckpoint.Checkpoints;
using FishCheckpoint.Deltas;
using FishCheckpoint.Masks;
using FishCheckpoint.Stores;
using FishCheckpoint.Tensors;

namespace FishCheckpoint.Training;

/// <summary>
/// Compares the whole model with the parent state of its saves: values that differ and that no save contains have leaked. It reads the
/// store block by block, so its memory does not grow with the model; its time does.
/// </summary>
/// <param name="states">The source of states.</param>
/// <param name="task">The task.</param>
/// <param name="model">The model.</param>
/// <param name="opening">Creates the task if it does not exist yet.</param>
/// <param name="patience">How long the store may take without a byte.</param>
internal sealed class LeakCheck(IStates states, string task, ITrainingModel model, HookTask opening, TimeSpan patience)
{
    private const int Shown = 8;

    /// <summary>Runs a check on the training thread, so that the model does not change.</summary>
    /// <param name="anchor">The parent step of the saves; <see langword="null"/> for the task's start.</param>
    /// <param name="saved">The positions that the saves contain.</param>
    /// <returns>The leaks per tensor, and their mask.</returns>
    /// <exception cref="Errors.FishException">The store cannot be read, or its data is damaged.</exception>
    /// <exception cref="OperationCanceledException">The store took too long without a byte.</exception>
    public (IReadOnlyList<TensorLeak> Leaks, Mask Positions) Run(long? anchor, Mask saved)
    {
        using var silence = new CancellationTokenSource();
        Wait(silence);
        var (reference, fit) = Task.Run(() => OpenAsync(anchor, silence.Token)).WaitAsync(silence.Token).GetAwaiter().GetResult();
        try
        {
            var allowed = saved.Tensors.ToDictionary(tensor => tensor.Tensor, tensor => tensor.Positions);
            var leaked = new List<TensorMask>();
            for (var tensor = 0; tensor < model.Layout.Tensors.Count; tensor++)
            {
                var positions = allowed.GetValueOrDefault(tensor);
                if (positions.Length < model.Layout.Tensors[tensor].Units
                    && Compare(reference, fit.NameOf(tensor), tensor, positions.Span, silence) is { Count: > 0 } found)
                {
                    leaked.Add(new TensorMask(tensor, found.ToArray()));
                }
            }

            return ([.. leaked.Select(LeakOf)], Mask.Create(model.Layout, leaked));
        }
        finally
        {
            Task.Run(async () => await reference.DisposeAsync()).GetAwaiter().GetResult();
        }
    }

    private TensorLeak LeakOf(TensorMask leak) =>
        new(model.Layout.Tensors[leak.Tensor].Name, leak.Positions.Length,
            leak.Positions[..Math.Min(Shown, leak.Positions.Length)].ToArray());

    private async Task<(IModelReader Reader, LayoutFit Fit)> OpenAsync(long? anchor, CancellationToken cancellation)
    {
        var fit = (await opening.OpenAsync(cancellation)).Fit;
        var state = anchor is { } step
            ? await states.OpenAsync(task, StepRef.At(step), cancellation) : await states.OpenBranchPointAsync(task, cancellation);
        return (state, fit);
    }

    private void Wait(CancellationTokenSource silence) =>
        silence.CancelAfter(patience > TimeSpan.Zero ? patience : Timeout.InfiniteTimeSpan);

    private List<long> Compare(IModelReader reference, string name, int tensor, ReadOnlySpan<long> allowed, CancellationTokenSource silence)
    {
        var info = model.Layout.Tensors[tensor];
        var found = new List<long>();
        var differing = new int[Blocks.Size / info.UnitSize];
        var (expected, current) = (new byte[Blocks.Size], new byte[Blocks.Size]);
        using var content = OpenRead(reference, name, silence.Token);
        for (var block = 0L; block < Blocks.CountOf(info); block++)
        {
            var length = Blocks.LengthOf(info, block);
            Wait(silence);
            content.ReadExactly(expected.AsSpan(0, length));
            model.Read(tensor, block * Blocks.Size, current.AsSpan(0, length));
            var count = BitwiseDiff.Collect(expected.AsSpan(0, length), current.AsSpan(0, length), info.UnitSize, differing);
            var first = block * Blocks.Size / info.UnitSize;
            foreach (var difference in differing.AsSpan(0, count))
            {
                var position = first + difference;
                var next = allowed.IndexOfAnyExceptInRange(long.MinValue, position - 1);
                allowed = next < 0 ? [] : allowed[next..];
                if (allowed.IsEmpty || allowed[0] != position)
                {
                    found.Add(position);
                }
            }
        }

        return found;
    }

    private static Stream OpenRead(IModelReader reader, string tensor, CancellationToken cancellation)
    {
        var pipe = new Pipe(new PipeOptions(
            pauseWriterThreshold: 4 * Blocks.Size, resumeWriterThreshold: 2 * Blocks.Size, useSynchronizationContext: false));
        _ = Task.Run(async () =>
        {
            try
            {
                await reader.CopyTensorAsync(tensor, pipe.Writer, cancellation);
                await pipe.Writer.CompleteAsync();
            }
            catch (Exception error)
            {
                await pipe.Writer.CompleteAsync(error);
            }
        }, CancellationToken.None);
        return pipe.Reader.AsStream();
    }
}
