using FishCheckpoint.Checkpoints;
using Xunit;

namespace FishCheckpoint.Tests.Checkpoints;

public sealed class AsyncPageableTests
{
    private readonly List<PageRequest> asked = [];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task List_ThatIsWalked_IsReadAPageAtATime()
    {
        var list = new AsyncPageable<int>(ReadAsync, new PageRequest(2), Stop);
        Assert.Empty(asked);
        Assert.Equal([0, 1, 2], await list.Take(3).ToListAsync(Stop));
        Assert.Equal([new PageRequest(2), new PageRequest(2, "1")], asked);
        Assert.Equal([0, 1, 2, 3, 4], await list.ToListAsync(Stop));
    }

    [Fact]
    public async Task List_FromAPlaceOn_BeginsThere()
    {
        Assert.Equal([3, 4], await new AsyncPageable<int>(ReadAsync, new PageRequest(100, "2"), Stop).ToListAsync(Stop));
        Assert.Equal([0, 1, 2, 3, 4], await new AsyncPageable<int>(ReadAsync, cancellationToken: Stop).ToListAsync(Stop));
        Assert.Equal([new PageRequest(100, "2"), new PageRequest(PageRequest.MaxLimit)], asked);
    }

    [Fact]
    public async Task Page_Alone_NamesWhereTheNextBegins()
    {
        var page = await new AsyncPageable<int>(ReadAsync, new PageRequest(2, "0"), Stop).ReadPageAsync();
        Assert.Equal([1, 2], page.Items);
        Assert.Equal("2", page.Next);
        Assert.Single(asked);
    }

    [Fact]
    public async Task List_WhoseTokenIsCanceled_EndsWithTheNextPage()
    {
        using var first = new CancellationTokenSource();
        using var second = new CancellationTokenSource();
        foreach (var source in (CancellationTokenSource[])[first, second])
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            {
                await foreach (var item in
                    new AsyncPageable<int>(ReadAsync, new PageRequest(1), first.Token).WithCancellation(second.Token))
                {
                    await source.CancelAsync();
                }
            });
        }
    }

    private Task<Page<int>> ReadAsync(PageRequest page, CancellationToken cancellationToken)
    {
        asked.Add(page);
        var begin = page.After is null ? 0 : int.Parse(page.After, System.Globalization.CultureInfo.InvariantCulture) + 1;
        var items = Enumerable.Range(begin, 5 - begin).Take(page.Limit).ToArray();
        return Task.FromResult(new Page<int>(items, begin + items.Length < 5 ? $"{items[^1]}" : null));
    }
}
