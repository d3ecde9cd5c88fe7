namespace FishCheckpoint.Checkpoints;

/// <summary>
/// A list that is read while it is walked, one page at a time; nothing is read before. Each page is of one moment: an item that is added or
/// deleted meanwhile
/// may be given or not, and none is given twice.
/// </summary>
/// <param name="read">Reads one page.</param>
/// <param name="first">The first page. Default: the list's first 1,000 items.</param>
/// <param name="cancellationToken">Ends the reading.</param>
public sealed class AsyncPageable<T>(
    Func<PageRequest, CancellationToken, Task<Page<T>>> read, PageRequest? first = null, CancellationToken cancellationToken = default)
        : IAsyncEnumerable<T>
{
    private readonly PageRequest first = first ?? new PageRequest(PageRequest.MaxLimit);
    private readonly CancellationToken stop = cancellationToken;

    /// <summary>Reads the first page alone, with the key that the next one begins after.</summary>
    public Task<Page<T>> ReadPageAsync() => read(first, stop);

    /// <summary>Walks the list from its first page to its end.</summary>
    /// <param name="cancellationToken">Ends the reading, as the token does that the list was asked for with.</param>
    public async IAsyncEnumerator<T> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, cancellationToken);
        for (var request = first; ;)
        {
            either.Token.ThrowIfCancellationRequested();
            var page = await read(request, either.Token);
            foreach (var item in page.Items)
            {
                yield return item;
            }

            if (page.Next is null)
            {
                yield break;
            }

            request = request with { After = page.Next };
        }
    }
}
