namespace FishCheckpoint.Codec;

/// <summary>
/// Chunks encoded on all cores and given on in their order: while one is read, those before it are encoded. Holds a few chunks, whatever their number. Its
/// methods are for one thread.
/// </summary>
/// <param name="encode">Encodes a chunk; called by several threads at once.</param>
/// <param name="append">Takes an encoded chunk, in the order in which they were submitted.</param>
internal sealed class ChunkPipeline(Action<CodingBuffers> encode, Action<CodingBuffers> append) : IDisposable
{
    // Handing a smaller chunk to another core costs more than it saves.
    private const int FewPositions = 2048;

    private static readonly int Most = Environment.ProcessorCount == 1 ? 1 : Math.Min(Environment.ProcessorCount + 2, 6);

    private readonly Queue<(CodingBuffers Chunk, Task Encoding)> submitted = new();
    private readonly Stack<CodingBuffers> free = new();
    private CodingBuffers? taken;
    private int made;

    /// <summary>A chunk to be filled; waits for one where all are on their way.</summary>
    public CodingBuffers Take()
    {
        while (submitted.TryPeek(out var first) && (first.Encoding.IsCompleted || (free.Count == 0 && made == Most)))
        {
            GiveOn();
        }

        if (!free.TryPop(out taken))
        {
            taken = CodingBuffers.Rent();
            made++;
        }

        return taken;
    }

    /// <summary>Encodes a chunk that <see cref="Take"/> has given: now where it is small, and else beside this thread.</summary>
    public void Submit(CodingBuffers chunk)
    {
        var encoding = Task.CompletedTask;
        if (Most > 1 && chunk.Chunk.Count >= FewPositions)
        {
            encoding = Task.Run(() => encode(chunk));
        }
        else
        {
            encode(chunk);
        }

        submitted.Enqueue((chunk, encoding));
        taken = null;
    }

    /// <summary>Waits for all chunks.</summary>
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
        foreach (var (chunk, encoding) in submitted)
        {
            // Does not throw what the encoding threw: the first of it has been thrown.
            Task.WaitAny(encoding);
            free.Push(chunk);
        }

        submitted.Clear();
        taken?.Return();
        taken = null;
        while (free.TryPop(out var chunk))
        {
            chunk.Return();
        }
    }

    // A chunk that no other thread has begun with is encoded by this one: waiting for a task runs it.
    private void GiveOn()
    {
        var (chunk, encoding) = submitted.Peek();
        encoding.GetAwaiter().GetResult();
        append(chunk);
        submitted.Dequeue();
        free.Push(chunk);
    }
}
