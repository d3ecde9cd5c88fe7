namespace FishCheckpoint.Codec;

/// <summary>An item of an <see cref="OrderedPipeline{T}"/>: work with its reusable memory.</summary>
internal interface IPipelined<out T>
{
    /// <summary>Whether passing it to another core would cost more than it saves.</summary>
    bool IsSmall { get; }

    /// <summary>Rents memory for an item.</summary>
    static abstract T Rent();

    /// <summary>Returns the memory.</summary>
    void Return();
}

/// <summary>
/// Encodes items on all cores and appends them in order: while the caller fills one, earlier ones are encoded. The number of items in
/// memory is bounded. Its methods must be called from one thread.
/// </summary>
/// <param name="encode">Encodes an item; called by several threads.</param>
/// <param name="append">Receives the encoded items in submission order.</param>
/// <param name="waiting">The most items in memory beyond the number of cores.</param>
internal sealed class OrderedPipeline<T>(Action<T> encode, Action<T> append, int waiting) : IDisposable
    where T : class, IPipelined<T>
{
    private const int MaxCores = 4;

    private readonly int most = Environment.ProcessorCount == 1 ? 1 : Math.Min(Environment.ProcessorCount, MaxCores) + waiting;
    private readonly Queue<(T Piece, Task Encoding)> submitted = new();
    private readonly Stack<T> free = new();
    private T? taken;
    private int made;

    /// <summary>Returns an item to fill; waits if all are in use.</summary>
    public T Take()
    {
        while (submitted.TryPeek(out var first) && (first.Encoding.IsCompleted || (free.Count == 0 && made == most)))
        {
            GiveOn();
        }

        if (!free.TryPop(out taken))
        {
            taken = T.Rent();
            made++;
        }

        return taken;
    }

    /// <summary>Encodes an item from <see cref="Take"/>: on this thread if it is small, else on another.</summary>
    public void Submit(T piece)
    {
        var encoding = Task.CompletedTask;
        if (most > 1 && !piece.IsSmall)
        {
            encoding = Task.Run(() => encode(piece));
        }
        else
        {
            encode(piece);
        }

        submitted.Enqueue((piece, encoding));
        taken = null;
    }

    /// <summary>Waits for all items.</summary>
    public void Finish()
    {
        while (submitted.Count > 0)
        {
            GiveOn();
        }
    }

    /// <summary>Returns the memory after all work has stopped, even after a failure.</summary>
    public void Dispose()
    {
        foreach (var (piece, encoding) in submitted)
        {
            // Does not throw: the first error was already thrown.
            Task.WaitAny(encoding);
            free.Push(piece);
        }

        submitted.Clear();
        taken?.Return();
        taken = null;
        while (free.TryPop(out var piece))
        {
            piece.Return();
        }
    }

    // If no other thread has started the item, waiting for its task runs it here.
    private void GiveOn()
    {
        var (piece, encoding) = submitted.Peek();
        encoding.GetAwaiter().GetResult();
        append(piece);
        submitted.Dequeue();
        free.Push(piece);
    }
}
