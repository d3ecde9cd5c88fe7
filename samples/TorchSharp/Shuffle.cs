using FishCheckpoint.Training;

namespace FishCheckpoint.Samples.TorchSharp;

/// <summary>Returns batches in an order that is shuffled for each epoch, and can continue in the middle of one.</summary>
internal sealed class Shuffle(int examples, long seed) : IResumable
{
    private readonly SeededRandom random = new(seed);
    private readonly long[] order = [.. Enumerable.Range(0, examples).Select(example => (long)example)];
    private int next = examples;

    public long[] Next(int batch)
    {
        if (next + batch > order.Length)
        {
            random.Shuffle(order.AsSpan());
            next = 0;
        }

        next += batch;
        return order[(next - batch)..next];
    }

    public void SaveTo(StateSection state)
    {
        random.SaveTo(state);
        state.Set("order", order);
        state.Set("next", (long)next);
    }

    public void LoadFrom(StateSection state)
    {
        random.LoadFrom(state);
        state.Longs("order", order.Length).CopyTo(order);
        next = (int)state.Long("next");
    }
}
