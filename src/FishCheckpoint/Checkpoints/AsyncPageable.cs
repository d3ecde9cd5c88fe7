namespace FishCheckpoint.Checkpoints;

/// <summary>
/// A list that is read lazily, one page at a time. Each page is a consistent snapshot. Items that are added or deleted meanwhile may or may
/// not appear; no item appears twice.
/// </summary>
/// <param name="read">Reads one page.</param>
/// <param name="first">The first page. Default: the list's first 1,000 items.</param>
/// <param name="cancellationToken">Cancels the read.</param>
public sealed class AsyncPageable<T>(
    Func<PageRequest, CancellationToken, Task<Page<T>>> read, PageRequest? first = null, CancellationToken cancellationToken = default)
        : IAsyncEnumerable<T>
{
    private readonly PageRequest first = first ?? new PageRequest(PageRequest.MaxLimit);
    private readonly CancellationToken stop = cancellationToken;

    /// <summary>Reads only the first page, with the key at which the next one starts.</summary>
    public Task<Page<T>> ReadPageAsync() => read(first, stop);

    /// <summary>Enumerates the list from its first page to its end.</summary>
    /// <param name="cancellationToken">Cancels the read, like the token that was passed with the request for the list.</param>
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
