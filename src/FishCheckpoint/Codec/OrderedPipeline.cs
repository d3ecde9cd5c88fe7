namespace FishCheckpoint.Codec;

/// <summary>What an <see cref="OrderedPipeline{T}"/> carries: a piece of work with its memory, which is used again by the next
/// one.</summary>
internal interface IPipelined<out T>
{
    /// <summary>Whether handing it to another core would cost more than it saves.</summary>
    bool IsSmall { get; }

    /// <summary>Memory for a piece of work.</summary>
    static abstract T Rent();

    /// <summary>Gives the memory back.</summary>
    void Return();
}

/// <summary>
/// Pieces of a delta encoded on all cores and given on in their order: while one is read, those before it are encoded. Holds a few of them,
/// whatever their number. Its methods are for one thread.
/// </summary>
/// <param name="encode">Encodes a piece; called by several threads at once.</param>
/// <param name="append">Takes an encoded piece, in the order in which they were submitted.</param>
/// <param name="waiting">How many more than there are cores are held at the most.</param>
internal sealed class OrderedPipeline<T>(Action<T> encode, Action<T> append, int waiting) : IDisposable
    where T : class, IPipelined<T>
{
    private const int MaxCores = 4;

    private readonly int most = Environment.ProcessorCount == 1 ? 1 : Math.Min(Environment.ProcessorCount, MaxCores) + waiting;
    private readonly Queue<(T Piece, Task Encoding)> submitted = new();
    private readonly Stack<T> free = new();
    private T? taken;
    private int made;

    /// <summary>A piece to be filled; waits for one where all are on their way.</summary>
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

    /// <summary>Encodes a piece that <see cref="Take"/> has given: now where it is small, and else beside this thread.</summary>
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

    /// <summary>Waits for all pieces.</summary>
    public void Finish()
    {
        while (submitted.Count > 0)
        {
            GiveOn();
        }
    }

    /// <summary>Gives the memory back when nothing works on it any more, after a failure too.</summary>
    public void Dispose()
    {
        foreach (var (piece, encoding) in submitted)
        {
            // Does not throw what the encoding threw: the first of it has been thrown.
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

    // A piece that no other thread has begun with is encoded by this one: waiting for a task runs it.
    private void GiveOn()
    {
        var (piece, encoding) = submitted.Peek();
        encoding.GetAwaiter().GetResult();
        append(piece);
        submitted.Dequeue();
        free.Push(piece);
    }
}
